#include "fuzz/new_nodes.h"

#include <bit>
#include <set>

#include "fuzz/vocabulary.h"

namespace octavo::fuzz {

namespace {

using namespace onnx;
using Attribute = attribute_proto::Type;

std::vector<std::string> value_names(Field& model) {
  std::vector<std::string> names;
  for (Field* graph : messages(model, Message::graph)) {
    for (Field* input : graph->all(graph_proto::input))
      names.push_back(input->at(value_info_proto::name).bytes);
    for (Field* constant : graph->all(graph_proto::initializer))
      names.push_back(constant->at(tensor_proto::name).bytes);
    for (Field* node : graph->all(graph_proto::node))
      for (Field* output : node->all(node_proto::output)) names.push_back(output->bytes);
  }
  return names;
}

Field scalar(std::string_view name, uint64_t data_type, std::string_view raw) {
  return message_field(graph_proto::initializer, Message::tensor,
                       {number_field(tensor_proto::data_type, data_type),
                        bytes_field(tensor_proto::name, name), bytes_field(tensor_proto::raw_data, raw)});
}

std::string float_bytes(float value) {
  return std::string(reinterpret_cast<const char*>(&value), sizeof value);
}

Field node(std::string_view op, std::vector<std::string> inputs, std::string_view output) {
  Field field = message_field(graph_proto::node, Message::node, {bytes_field(node_proto::op_type, op)});
  for (const std::string& input : inputs) field.children.push_back(bytes_field(node_proto::input, input));
  field.children.push_back(bytes_field(node_proto::output, output));
  return field;
}

// Has one of those who read `from`, or all of them, read `to`. A graph output keeps its name: it is computed from `to`.
bool redirect(Field& model, const std::string& from, const std::string& to, Random& random) {
  std::vector<Field*> uses = uses_of_values(model);
  std::erase_if(uses, [&](const Field* use) { return use->bytes != from; });
  if (uses.empty()) return false;
  if (random.below(3) != 0) uses = {pick(uses, random)};
  for (Field* use : uses) use->bytes = to;
  return true;
}

std::vector<uint64_t> draw_numbers(Random& random) {
  std::vector<uint64_t> numbers(static_cast<std::size_t>(random.integer(0, 5)));
  for (uint64_t& number : numbers)
    number = random.below(6) == 0 ? interesting_number(random) : static_cast<uint64_t>(random.integer(0, 3));
  return numbers;
}

}  // namespace

std::vector<Field*> uses_of_values(Field& model) {
  std::vector<Field*> uses;
  for (Field* graph : messages(model, Message::graph)) {
    for (Field* node : graph->all(graph_proto::node))
      for (Field* input : node->all(node_proto::input)) uses.push_back(input);
    for (Field* output : graph->all(graph_proto::output))
      if (Field* name = output->find(value_info_proto::name)) uses.push_back(name);
  }
  return uses;
}

std::string draw_value(Field& model, Random& random) {
  const std::vector<std::string> names = value_names(model);
  return names.empty() ? "x" : pick(names, random);
}

std::string unused_name(Field& model) {
  const std::vector<std::string> names = value_names(model);
  const std::set<std::string> taken(names.begin(), names.end());
  for (int i = 0;; ++i)
    if (std::string name = "m" + std::to_string(i); !taken.contains(name)) return name;
}

bool add_to_graph(Field& model, Field field) {
  Field* graph = model.find(model_proto::graph);
  if (graph == nullptr || graph->message != Message::graph) return false;
  graph->children.push_back(std::move(field));
  return true;
}

Field draw_attribute(Random& random) {
  const AttributeName& word = pick(kAttributes, random);
  // Now and then of another type than the operator expects.
  const Attribute type = random.below(8) == 0 ? Attribute(random.integer(0, 8)) : word.type;
  Field field = message_field(node_proto::attribute, Message::attribute,
                              {bytes_field(attribute_proto::name, word.name),
                               number_field(attribute_proto::type, static_cast<uint64_t>(type))});
  const auto add = [&](Field value) { field.children.push_back(std::move(value)); };
  switch (type) {
    case Attribute::i: add(number_field(attribute_proto::i, interesting_number(random))); break;
    case Attribute::f: add(float_field(attribute_proto::f, interesting_float(random))); break;
    case Attribute::s: add(bytes_field(attribute_proto::s, pick(kStrings, random))); break;
    case Attribute::ints:
      for (uint64_t number : draw_numbers(random)) add(number_field(attribute_proto::ints, number));
      break;
    case Attribute::floats: add(float_field(attribute_proto::floats, interesting_float(random))); break;
    case Attribute::tensor: {
      Field value = scalar("", 1, float_bytes(interesting_float(random)));
      value.number = attribute_proto::t;
      add(std::move(value));
      break;
    }
    default: break;
  }
  return field;
}

bool insert_node(Field& model, Random& random) {
  const std::string from = draw_value(model, random), to = unused_name(model);
  std::vector<std::string> inputs = {from};
  while (random.below(2) == 0) inputs.push_back(draw_value(model, random));
  if (!redirect(model, from, to, random)) return false;
  Field made = node(pick(kOperators, random), inputs, to);
  while (random.below(2) == 0) made.children.push_back(draw_attribute(random));
  return add_to_graph(model, std::move(made));
}

bool insert_qdq(Field& model, Random& random) {
  const std::string from = draw_value(model, random), to = unused_name(model);
  if (!redirect(model, from, to, random)) return false;
  const float scale = random.below(4) == 0 ? interesting_float(random) : random.real(0.001f, 0.1f);
  const uint64_t data_type = random.below(2) == 0 ? 2 : 3;  // uint8, int8
  const std::string zero_point(1, static_cast<char>(random.below(3) == 0 ? random.below(256) : 0));
  const std::string integers = to + "_q", scale_name = to + "_s", zero_name = to + "_z";
  return add_to_graph(model, scalar(scale_name, 1, float_bytes(scale))) &&
         add_to_graph(model, scalar(zero_name, data_type, zero_point)) &&
         add_to_graph(model, node("QuantizeLinear", {from, scale_name, zero_name}, integers)) &&
         add_to_graph(model, node("DequantizeLinear", {integers, scale_name, zero_name}, to));
}

}  // namespace octavo::fuzz
