#include "fuzz/proto_tree.h"

#include <algorithm>
#include <bit>
#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

#include "onnx/fields.h"

namespace octavo::fuzz {

namespace {

using namespace onnx;

// Which fields of which messages are messages.
constexpr struct {
  Message parent;
  uint32_t number;
  Message child;
} kMessages[] = {
    {Message::model, model_proto::graph, Message::graph},
    {Message::model, model_proto::opset_import, Message::opset},
    {Message::model, model_proto::metadata_props, Message::entry},
    {Message::graph, graph_proto::node, Message::node},
    {Message::graph, graph_proto::initializer, Message::tensor},
    {Message::graph, graph_proto::input, Message::value_info},
    {Message::graph, graph_proto::output, Message::value_info},
    {Message::graph, graph_proto::value_info, Message::value_info},
    {Message::node, node_proto::attribute, Message::attribute},
    {Message::node, node_proto::metadata_props, Message::entry},
    {Message::attribute, attribute_proto::t, Message::tensor},
    {Message::attribute, attribute_proto::g, Message::graph},
    {Message::value_info, value_info_proto::type, Message::type},
    {Message::type, type_proto::tensor_type, Message::tensor_type},
    {Message::tensor_type, tensor_type_proto::shape, Message::shape},
    {Message::shape, shape_proto::dim, Message::dim},
};

Message message_of(Message parent, uint32_t number) {
  const auto row = std::ranges::find_if(
      kMessages, [&](const auto& r) { return r.parent == parent && r.number == number; });
  return row == std::end(kMessages) ? Message::none : row->child;
}

std::vector<Field> parse(protozero::data_view bytes, Message kind) {
  std::vector<Field> fields;
  protozero::pbf_reader reader(bytes);
  while (reader.next()) {
    Field field{.number = reader.tag(), .type = reader.wire_type()};
    switch (field.type) {
      case pbf_wire_type::varint: field.value = reader.get_uint64(); break;
      case pbf_wire_type::fixed32: field.value = reader.get_fixed32(); break;
      case pbf_wire_type::fixed64: field.value = reader.get_fixed64(); break;
      default: {
        const protozero::data_view view = reader.get_view();
        field.message = message_of(kind, field.number);
        try {
          if (field.message != Message::none) field.children = parse(view, field.message);
        } catch (const protozero::exception&) {
          field.message = Message::none;
        }
        if (field.message == Message::none) field.bytes.assign(view.data(), view.size());
      }
    }
    fields.push_back(std::move(field));
  }
  return fields;
}

void write(protozero::pbf_writer& out, const std::vector<Field>& fields) {
  for (const Field& field : fields) switch (field.type) {
      case pbf_wire_type::varint: out.add_uint64(field.number, field.value); break;
      case pbf_wire_type::fixed32: out.add_fixed32(field.number, static_cast<uint32_t>(field.value)); break;
      case pbf_wire_type::fixed64: out.add_fixed64(field.number, field.value); break;
      default:
        // A nested writer leaves an empty message out, which may mean something: a shape without dimensions.
        if (field.children.empty()) {
          out.add_bytes(field.number, field.bytes);
        } else {
          protozero::pbf_writer inner(out, field.number);
          write(inner, field.children);
        }
    }
}

}  // namespace

Field* Field::find(uint32_t n) {
  const auto field = std::ranges::find(children, n, &Field::number);
  return field == children.end() ? nullptr : &*field;
}

Field& Field::at(uint32_t n) {
  if (Field* field = find(n)) return *field;
  return children.emplace_back(Field{.number = n});
}

std::vector<Field*> Field::all(uint32_t n) {
  std::vector<Field*> fields;
  for (Field& field : children)
    if (field.number == n) fields.push_back(&field);
  return fields;
}

Field number_field(uint32_t number, uint64_t value) { return {.number = number, .value = value}; }

Field float_field(uint32_t number, float value) {
  return {.number = number, .type = pbf_wire_type::fixed32, .value = std::bit_cast<uint32_t>(value)};
}

Field bytes_field(uint32_t number, std::string_view bytes) {
  return {.number = number, .type = pbf_wire_type::length_delimited, .bytes = std::string(bytes)};
}

Field message_field(uint32_t number, Message message, std::vector<Field> children) {
  return {.number = number,
          .type = pbf_wire_type::length_delimited,
          .message = message,
          .children = std::move(children)};
}

std::optional<Field> parse_model(std::string_view bytes) try {
  return message_field(0, Message::model, parse({bytes.data(), bytes.size()}, Message::model));
} catch (const protozero::exception&) {
  return std::nullopt;
}

std::string write_model(const Field& model) {
  std::string bytes;
  protozero::pbf_writer out(bytes);
  write(out, model.children);
  return bytes;
}

std::vector<Field*> messages(Field& root, Message kind) {
  std::vector<Field*> found;
  if (root.message == kind) found.push_back(&root);
  for (Field& child : root.children)
    for (Field* field : messages(child, kind)) found.push_back(field);
  return found;
}

std::vector<Field*> path_to(Field& root, const Field& field) {
  if (&root == &field) return {&root};
  for (Field& child : root.children)
    if (std::vector<Field*> path = path_to(child, field); !path.empty()) {
      path.insert(path.begin(), &root);
      return path;
    }
  return {};
}

}  // namespace octavo::fuzz
