// The one error type of the library, and how its text is put together.
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace octavo {

// What kind of mistake an Error reports. The package turns each into a typed JavaScript error of the same name.
enum class ErrorCode {
  invalid_model,     // the bytes are not a well-formed ONNX model
  unsupported,       // well-formed, but uses an operator, opset, attribute or data type that Octavo lacks
  invalid_graph,     // an operator's inputs break its contract: rank, shape, dtype, attribute
  invalid_input,     // a feed is missing, unknown, or of the wrong dtype or shape
  invalid_option,    // an option of quantization or of the engine is unknown or out of range
  invalid_data,      // calibration or comparison data cannot be used (none at all, NaN, infinite)
  out_of_memory,     // the heap cannot hold the model or its activations
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

namespace detail {
inline void append(std::string& out, std::string_view text) { out += text; }
inline void append(std::string& out, char c) { out += c; }
template <class Number>
  requires std::is_arithmetic_v<Number>
void append(std::string& out, Number number) {
  out += std::to_string(number);
}
}  // namespace detail

// Strings, characters and numbers, one after the other: the library's message builder.
template <class... Parts>
std::string text(const Parts&... parts) {
  std::string out;
  (detail::append(out, parts), ...);
  return out;
}

// Throws an Error of `code` unless `condition` holds. The message parts are put together only on failure.
template <class... Parts>
void require(bool condition, ErrorCode code, const Parts&... parts) {
  if (!condition) [[unlikely]]
    throw Error(code, text(parts...));
}

}  // namespace octavo
