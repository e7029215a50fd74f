// A ModelProto as a tree of fields, to be changed anywhere and written again.
#pragma once

#include <cstdint>
#include <optional>
#include <protozero/types.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace octavo::fuzz {

using protozero::pbf_wire_type;

// The messages of ONNX that the mutators look into.
enum class Message : uint8_t {
  none,
  model,
  opset,
  entry,
  graph,
  node,
  attribute,
  value_info,
  type,
  tensor_type,
  shape,
  dim,
  tensor,
};

struct Field {
  uint32_t number = 0;
  pbf_wire_type type = pbf_wire_type::varint;
  uint64_t value = 0;               // of a varint, or the bits of a fixed number
  std::string bytes;                // of a field with a length that is no message
  Message message = Message::none;  // what the children are fields of
  std::vector<Field> children;

  bool is(Message parent_kind, const Field& parent, uint32_t n) const {
    return parent.message == parent_kind && number == n;
  }
  // The first field of that number, or null.
  Field* find(uint32_t n);
  // The same, added where it is missing.
  Field& at(uint32_t n);
  std::vector<Field*> all(uint32_t n);
};

// Fields of one number.
Field number_field(uint32_t number, uint64_t value);
Field float_field(uint32_t number, float value);
Field bytes_field(uint32_t number, std::string_view bytes);
Field message_field(uint32_t number, Message message, std::vector<Field> children);

// Nothing where the bytes are no protobuf. A piece that does not look like the message that it should be stays bytes.
std::optional<Field> parse_model(std::string_view bytes);
std::string write_model(const Field& model);

// Every message of that kind in the tree, the root included.
std::vector<Field*> messages(Field& root, Message kind);
// The fields from the root to one below it, both included. Empty where it is not below.
std::vector<Field*> path_to(Field& root, const Field& field);

}  // namespace octavo::fuzz
