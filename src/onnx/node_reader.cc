#include "onnx/node_reader.h"

#include <bit>

#include "base/error.h"
#include "onnx/fields.h"
#include "onnx/metadata.h"
#include "onnx/tensor_reader.h"

namespace octavo::onnx {

namespace {

// ONNX's richest operators have a dozen attributes; Attrs looks names up one by one.
constexpr std::size_t kMaxAttributes = 256;

struct Attribute {
  std::string_view name;
  int64_t type = 0;
  int64_t i = 0;
  float f = 0;
  std::string_view s;
  pbf_reader tensor, graph;
  std::vector<int64_t> ints;
  std::vector<float> floats;
  std::vector<std::string> strings;
};

Attribute read_attribute(pbf_reader message) {
  Attribute attribute;
  while (next_field(message)) switch (message.tag_and_type()) {
      case bytes(attribute_proto::name): attribute.name = read_string(message); break;
      case varint(attribute_proto::type): attribute.type = message.get_int32(); break;
      case varint(attribute_proto::i): attribute.i = message.get_int64(); break;
      case fixed32(attribute_proto::f): attribute.f = message.get_float(); break;
      case bytes(attribute_proto::s): attribute.s = read_bytes(message); break;
      case bytes(attribute_proto::t): attribute.tensor = message.get_message(); break;
      case bytes(attribute_proto::g): attribute.graph = message.get_message(); break;
      case varint(attribute_proto::ints):
      case bytes(attribute_proto::ints):
        read_numbers(message, pbf_wire_type::varint,
                     [&](uint64_t bits) { attribute.ints.push_back(static_cast<int64_t>(bits)); });
        break;
      case fixed32(attribute_proto::floats):
      case bytes(attribute_proto::floats):
        read_numbers(message, pbf_wire_type::fixed32, [&](uint64_t bits) {
          attribute.floats.push_back(std::bit_cast<float>(static_cast<uint32_t>(bits)));
        });
        break;
      case bytes(attribute_proto::strings): attribute.strings.emplace_back(read_bytes(message)); break;
      default: message.skip();
    }
  return attribute;
}

AttrValue value_of(Attribute& attribute) {
  using attribute_proto::Type;
  switch (static_cast<Type>(attribute.type)) {
    case Type::f: return attribute.f;
    case Type::i: return attribute.i;
    case Type::s: return std::string(attribute.s);
    case Type::tensor: return read_tensor(attribute.tensor, text("attribute '{}'", attribute.name));
    case Type::floats: return std::move(attribute.floats);
    case Type::ints: return std::move(attribute.ints);
    case Type::strings: return std::move(attribute.strings);
    case Type::undefined: fail(ErrorCode::invalid_model, "attribute '{}' has no type", attribute.name);
    case Type::graph: break;
  }
  fail(ErrorCode::unsupported, "attribute '{}' holds a value of a type, which is not supported",
       attribute.name);
}

}  // namespace

RawNode read_node(pbf_reader message) {
  RawNode node;
  std::vector<pbf_reader> attributes, metadata;
  while (next_field(message)) switch (message.tag_and_type()) {
      case bytes(node_proto::input): node.inputs.push_back(read_string(message)); break;
      case bytes(node_proto::output): node.outputs.push_back(read_string(message)); break;
      case bytes(node_proto::name): node.name = read_string(message); break;
      case bytes(node_proto::op_type): node.op_type = read_string(message); break;
      case bytes(node_proto::domain): node.domain = read_string(message); break;
      case bytes(node_proto::attribute): attributes.push_back(message.get_message()); break;
      case bytes(node_proto::metadata_props): metadata.push_back(message.get_message()); break;
      default: message.skip();
    }
  try {
    require(attributes.size() + metadata.size() <= kMaxAttributes, ErrorCode::invalid_model,
            "has too many attributes");
    for (const pbf_reader& reader : attributes) {
      Attribute attribute = read_attribute(reader);
      require(!node.attrs.has(attribute.name), ErrorCode::invalid_model, "attribute '{}' is there twice",
              attribute.name);
      if (static_cast<attribute_proto::Type>(attribute.type) == attribute_proto::Type::graph)
        node.bodies.emplace_back(attribute.name, attribute.graph);
      else
        node.attrs.set(attribute.name, value_of(attribute));
    }
    for (const pbf_reader& reader : metadata) {
      const auto [key, value] = read_entry(reader);
      read_notes_entry(key, value, node.notes);
    }
  } catch (Error& error) {
    error.at_node(node.name, node.op_type);
    throw;
  }
  return node;
}

}  // namespace octavo::onnx
