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
// read only when the message is put together: a check that holds formats nothing.
class TextPart {
 public:
  TextPart(std::string_view string)
      : TextPart(append_string, string.data(), static_cast<int64_t>(string.size())) {}
  TextPart(const std::string& string) : TextPart(std::string_view(string)) {}
  TextPart(const char* string) : TextPart(std::string_view(string)) {}
  TextPart(std::same_as<char> auto character) : TextPart(append_character, nullptr, character) {}
  template <std::integral T>
    requires(!std::same_as<T, char>)
  TextPart(T integer) : TextPart(append_integer, nullptr, static_cast<int64_t>(integer)) {}
  template <HasText T>
  TextPart(const T& source)
      : TextPart(
            [](std::string& out, const void* x, int64_t) { append_text(out, *static_cast<const T*>(x)); },
            &source, 0) {}

  void append_to(std::string& out) const { append_(out, source_, number_); }

 private:
  using Append = void(std::string& out, const void* source, int64_t number);
  TextPart(Append* append, const void* source, int64_t number)
      : append_(append), source_(source), number_(number) {}
  static void append_string(std::string& out, const void* source, int64_t size);
  static void append_character(std::string& out, const void*, int64_t character);
  static void append_integer(std::string& out, const void*, int64_t integer);

  Append* append_;
  const void* source_;
  int64_t number_;
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
