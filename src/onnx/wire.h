// Reading protobuf's wire format. A field whose wire type is not the expected one is skipped as an unknown field, as
// protobuf prescribes: readers switch over field number and wire type at once, and default to skip().
#pragma once

#include <cstdint>
#include <protozero/pbf_reader.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace octavo::onnx {

using protozero::pbf_reader;
using protozero::pbf_wire_type;

// Case labels for `switch (message.tag_and_type())`.
constexpr uint32_t varint(uint32_t field) { return protozero::tag_and_type(field, pbf_wire_type::varint); }
constexpr uint32_t fixed32(uint32_t field) { return protozero::tag_and_type(field, pbf_wire_type::fixed32); }
constexpr uint32_t fixed64(uint32_t field) { return protozero::tag_and_type(field, pbf_wire_type::fixed64); }
constexpr uint32_t bytes(uint32_t field) {
  return protozero::tag_and_type(field, pbf_wire_type::length_delimited);
}

// Moves to the next field; false at the end. To be used instead of pbf_reader::next, which where pointers have 32 bits
// takes a length of 2 GiB or more for a negative one and goes backwards. Throws as pbf_reader does.
bool next_field(pbf_reader& message);
// The same for the next field of that number and wire type; others are skipped.
bool next_field(pbf_reader& message, uint32_t tag_and_type);

// The current field's bytes, which live as long as the file.
inline std::string_view read_bytes(pbf_reader& message) {
  const protozero::data_view view = message.get_view();
  return {view.data(), view.size()};
}

// The current string field. Throws Error(invalid_model) unless it is UTF-8 without NUL, which would cut messages short.
std::string_view read_string(pbf_reader& message);

// The numbers of the current field, one or packed, given to `sink` as 64-bit patterns: the integer of a varint, the
// bits of a float or double. `packed` is the wire type of the elements of a packed field.
template <class Sink> void read_numbers(pbf_reader& message, pbf_wire_type packed, Sink&& sink) {
  const auto all = [&](auto range) {
    for (const auto number : range) sink(static_cast<uint64_t>(number));
  };
  switch (message.wire_type()) {
    case pbf_wire_type::varint: return sink(message.get_uint64());
    case pbf_wire_type::fixed32: return sink(message.get_fixed32());
    case pbf_wire_type::fixed64: return sink(message.get_fixed64());
    default: break;
  }
  switch (packed) {
    case pbf_wire_type::fixed32: return all(message.get_packed_fixed32());
    case pbf_wire_type::fixed64: return all(message.get_packed_fixed64());
    default: return all(message.get_packed_uint64());
  }
}

// ONNX spells the domain of its own operators in two ways.
inline bool is_default_domain(std::string_view domain) { return domain.empty() || domain == "ai.onnx"; }

// A StringStringEntryProto.
std::pair<std::string_view, std::string_view> read_entry(pbf_reader message);

}  // namespace octavo::onnx
