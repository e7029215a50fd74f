#include "base/error.h"

namespace octavo {

std::string_view error_code_name(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_model: return "InvalidModel";
    case ErrorCode::unsupported: return "Unsupported";
    case ErrorCode::invalid_graph: return "InvalidGraph";
    case ErrorCode::invalid_input: return "InvalidInput";
    case ErrorCode::invalid_option: return "InvalidOption";
    case ErrorCode::invalid_data: return "InvalidData";
    case ErrorCode::out_of_memory: return "OutOfMemory";
  }
  return "Error";
}

Error& Error::at_node(std::string_view name, std::string_view op) {
  if (op_.empty()) {
    node_ = name;
    op_ = op;
    message_ = text("{} node '{}': {}", op, name, message_);
  }
  return *this;
}

void TextPart::append_literal(std::string& out, const void* source) {
  out += static_cast<const char*>(source);
}

void TextPart::append_character(std::string& out, const void* source) {
  out += *static_cast<const char*>(source);
}

void TextPart::append_integer(std::string& out, const void* source) {
  out += std::to_string(*static_cast<const int64_t*>(source));
}

std::string format_text(const char* format, std::initializer_list<TextPart> parts) {
  std::string out;
  const TextPart* part = parts.begin();
  for (; *format != 0; ++format) {
    if (*format != '{') {
      out += *format;
      continue;
    }
    ++format;  // to its brace's end
    part++->append_to(out);
  }
  return out;
}

void fail_with(ErrorCode code, const char* format, std::initializer_list<TextPart> parts) {
  throw Error(code, format_text(format, parts));
}

}  // namespace octavo
