// The one error type of the library, and how its text is put together.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace octavo {

// What kind of mistake an Error reports. The package turns each into a typed JavaScript error of the same name.
enum class ErrorCode {
  invalid_model,   // the bytes are not a well-formed ONNX model
  unsupported,     // well-formed, but uses an operator, opset, attribute or data type that Octavo lacks
  invalid_graph,   // an operator's inputs break its contract: rank, shape, dtype, attribute
  invalid_input,   // a feed is missing, unknown, or of the wrong dtype or shape
  invalid_option,  // an option of quantization or of the engine is unknown or out of range
  invalid_data,    // calibration or comparison data cannot be used (none at all, NaN, infinite)
  out_of_memory,   // the heap cannot hold the model or its activations
};

// The name of a code as the package spells it, for example "InvalidModel".
std::string_view error_code_name(ErrorCode code);

// An error with a whole sentence as its message, and the node it concerns, if any.
class Error : public std::exception {
 public:
  Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}

  // Names the node concerned, once: the innermost naming wins.
  Error& at_node(std::string_view name, std::string_view op);

  ErrorCode code() const { return code_; }
  const char* what() const noexcept override { return message_.c_str(); }
  const std::string& node() const { return node_; }
  const std::string& op() const { return op_; }

 private:
  ErrorCode code_;
  std::string message_, node_, op_;
};

// A type takes part in messages when there is `void append_text(std::string& out, const T&)` beside it.
template <class T>
concept HasText = requires(std::string& out, const T& x) { append_text(out, x); };

// How an argument of a message reaches the code that writes it: integers by value, so that who checks a number need not
// keep it in memory; all else by reference, to be read only when the message is put together. Strings have few types
// here, since there is a function for each list of types.
template <class T> struct PassedText {
  using type = const T&;
};
template <std::integral T> struct PassedText<T> {
  using type = int64_t;
};
template <> struct PassedText<char> {
  using type = char;
};
template <> struct PassedText<const char*> {
  using type = const char*;
};
template <class T> using Passed = PassedText<std::decay_t<const T>>::type;

// One argument of a message: a string, a character, an integer, or anything with append_text. Refers to its source.
class TextPart {
 public:
  TextPart(const char* const& string) : append_(append_literal), source_(string) {}
  TextPart(const std::string_view& string) : append_(append_string<std::string_view>), source_(&string) {}
  TextPart(const std::string& string) : append_(append_string<std::string>), source_(&string) {}
  TextPart(const char& character) : append_(append_character), source_(&character) {}
  TextPart(const int64_t& number) : append_(append_integer), source_(&number) {}
  template <HasText T> TextPart(const T& source) : append_(append_source<T>), source_(&source) {}

  void append_to(std::string& out) const { append_(out, source_); }

 private:
  using Append = void(std::string& out, const void* source);
  static Append append_literal, append_character, append_integer;
  template <class String> static void append_string(std::string& out, const void* source) {
    out += *static_cast<const String*>(source);
  }
  template <class T> static void append_source(std::string& out, const void* source) {
    append_text(out, *static_cast<const T*>(source));
  }

  Append* append_;
  const void* source_;
};

// A message with {} in the place of each argument, as std::format has it (whose code for floats and widths would be a
// tenth of the engine). That there are as many is checked when it is compiled; braces themselves do not occur.
template <class... Parts> class TextFormat {
 public:
  consteval TextFormat(const char* format) : format_(format) {
    std::size_t places = 0;
    for (const char* at = format; *at != 0; ++at)
      if (*at == '{') {
        if (*++at != '}') throw "a brace that is no place of an argument";
        ++places;
      }
    if (places != sizeof...(Parts)) throw "as many places as arguments";
  }
  const char* get() const { return format_; }

 private:
  const char* format_;
};

std::string format_text(const char* format, std::initializer_list<TextPart> parts);
[[noreturn]] void fail_with(ErrorCode code, const char* format, std::initializer_list<TextPart> parts);

// One function for each list of types: a check costs its caller a call with the arguments, and no more.
template <class... Parts> [[gnu::noinline]] std::string passed_text(const char* format, Parts... parts) {
  return format_text(format, {TextPart(parts)...});
}
template <class... Parts>
[[noreturn, gnu::noinline]] void fail_passed(ErrorCode code, const char* format, Parts... parts) {
  fail_with(code, format, {TextPart(parts)...});
}

// The format with the arguments in their places: the library's message builder.
template <class... Parts>
std::string text(std::type_identity_t<TextFormat<Parts...>> format, const Parts&... parts) {
  return passed_text<Passed<Parts>...>(format.get(), parts...);
}

// Throws an Error of `code`.
template <class... Parts>
[[noreturn]] void fail(ErrorCode code, std::type_identity_t<TextFormat<Parts...>> format,
                       const Parts&... parts) {
  fail_passed<Passed<Parts>...>(code, format.get(), parts...);
}

// Throws an Error of `code` unless `condition` holds. Formats nothing if it does.
template <class... Parts>
[[gnu::always_inline]] inline void require(bool condition, ErrorCode code,
                                           std::type_identity_t<TextFormat<Parts...>> format,
                                           const Parts&... parts) {
  if (!condition) [[unlikely]]
    fail_passed<Passed<Parts>...>(code, format.get(), parts...);
}

}  // namespace octavo
