#include "onnx/wire.h"

#include "base/error.h"
#include "onnx/fields.h"

namespace octavo::onnx {

namespace {

// Well-formed UTF-8: Unicode 15, table 3-7 (no overlong forms, no surrogates, nothing above U+10FFFF).
bool is_utf8(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<uint8_t>(text[i]) : 0; };
  for (std::size_t i = 0; i < text.size();) {
    const uint8_t lead = byte(i), second = byte(i + 1);
    const int length = lead < 0x80   ? 1
                       : lead < 0xC2 ? 0
                       : lead < 0xE0 ? 2
                       : lead < 0xF0 ? 3
                       : lead < 0xF5 ? 4
                                     : 0;
    if (length == 0) return false;
    for (int k = 1; k < length; ++k)
      if ((byte(i + k) & 0xC0) != 0x80) return false;
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F)) return false;
    if ((lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) return false;
    i += length;
  }
  return true;
}

}  // namespace

bool next_field(pbf_reader& message) {
  if (!message.next()) return false;
  if (message.wire_type() == pbf_wire_type::length_delimited) {
    const protozero::data_view rest = message.data();
    const char *data = rest.data(), *end = data + rest.size();
    const uint64_t length = protozero::decode_varint(&data, end);
    if (length > static_cast<std::size_t>(end - data)) throw protozero::end_of_buffer_exception();
  }
  return true;
}

bool next_field(pbf_reader& message, uint32_t tag_and_type) {
  while (next_field(message)) {
    if (message.tag_and_type() == tag_and_type) return true;
    message.skip();
  }
  return false;
}

std::string_view read_string(pbf_reader& message) {
  const std::string_view string = read_bytes(message);
  require(is_utf8(string) && !string.contains('\0'), ErrorCode::invalid_model,
          "the file is damaged: a name in it is not valid UTF-8");
  return string;
}

std::pair<std::string_view, std::string_view> read_entry(pbf_reader message) {
  std::pair<std::string_view, std::string_view> entry;
  while (next_field(message)) switch (message.tag_and_type()) {
      case bytes(entry_proto::key): entry.first = read_string(message); break;
      case bytes(entry_proto::value): entry.second = read_string(message); break;
      default: message.skip();
    }
  return entry;
}

}  // namespace octavo::onnx
