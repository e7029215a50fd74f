// The one error type of the library, and how its text is put together.
#pragma once

#include <concepts>
#include <cstdint>
#include <exception>
#include <initializer_list>
#include <string>
#include <string_view>
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

// One part of a message: a string, a character, an integer, or anything with append_text. Refers to its source, and is
// read only when the message is put together: a check that holds formats nothing. Two words, since there are a thousand
// of them in the engine, each with the code that fills it.
class TextPart {
 public:
  TextPart(const char* string) : append_(append_literal), source_(string) {}
  TextPart(const std::string_view& string) : append_(append_string<std::string_view>), source_(&string) {}
  TextPart(const std::string& string) : append_(append_string<std::string>), source_(&string) {}
  template <std::integral T> TextPart(const T& number) : append_(append_integral<T>), source_(&number) {}
  template <HasText T> TextPart(const T& source) : append_(append_source<T>), source_(&source) {}

  void append_to(std::string& out) const { append_(out, source_); }

 private:
  using Append = void(std::string& out, const void* source);
  static void append_literal(std::string& out, const void* source);
  static void append_integer(std::string& out, int64_t integer);
  template <class String> static void append_string(std::string& out, const void* source) {
    out += *static_cast<const String*>(source);
  }
  template <class T> static void append_integral(std::string& out, const void* source) {
    const T number = *static_cast<const T*>(source);
    if constexpr (std::same_as<T, char>)
      out += number;
    else
      append_integer(out, static_cast<int64_t>(number));
  }
  template <class T> static void append_source(std::string& out, const void* source) {
    append_text(out, *static_cast<const T*>(source));
  }

  Append* append_;
  const void* source_;
};

std::string join_text(std::initializer_list<TextPart> parts);
[[noreturn]] void fail(ErrorCode code, std::initializer_list<TextPart> parts);

// The parts, one after the other: the library's message builder.
template <class... Parts> std::string text(const Parts&... parts) { return join_text({TextPart(parts)...}); }

// Throws an Error of `code` unless `condition` holds.
template <class... Parts>
[[gnu::always_inline]] inline void require(bool condition, ErrorCode code, const Parts&... parts) {
  if (!condition) [[unlikely]]
    fail(code, {TextPart(parts)...});
}

}  // namespace octavo
