#include "fuzz/new_nodes.h"

#include <algorithm>
#include <set>

#include "onnx/fields.h"

namespace octavo::fuzz {

namespace {

using namespace onnx;
using Attribute = attribute_proto::Type;

// What a graph itself defines.
void add_names(Field& graph, std::vector<std::string>& names) {
  for (Field* input : graph.all(graph_proto::input)) names.push_back(input->at(value_info_proto::name).bytes);
  for (Field* constant : graph.all(graph_proto::initializer))
    names.push_back(constant->at(tensor_proto::name).bytes);
  for (Field* node : graph.all(graph_proto::node))
    for (Field* output : node->all(node_proto::output)) names.push_back(output->bytes);
}

std::vector<std::string> value_names(const std::vector<Field*>& graphs) {
  std::vector<std::string> names;
  for (Field* graph : graphs) add_names(*graph, names);
  return names;
}

// The graph, and those around it, the innermost last.
std::vector<Field*> enclosing(Field& model, const Field& graph) {
  std::vector<Field*> graphs = path_to(model, graph);
  std::erase_if(graphs, [](const Field* field) { return field->message != Message::graph; });
  return graphs;
}

std::string float_bytes(float value) {
  return std::string(reinterpret_cast<const char*>(&value), sizeof value);
}

// Has one of those who read `from`, in the graph or its bodies, or all of them, read `to`.
bool redirect(Field& graph, const std::string& from, const std::string& to, Random& random) {
  std::vector<Field*> uses = uses_of_values(graph);
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

// The attributes of one operator: mostly of that which is asked for, if it has any.
const AttrDef& draw_definition(const OperatorWord* op, Random& random) {
  if (op != nullptr && !op->attributes.empty() && random.below(4) != 0) return pick(op->attributes, random);
  for (;;)
    if (const auto attributes = pick(operator_words(), random).attributes; !attributes.empty())
      return pick(attributes, random);
}

Attribute type_of(AttrKind kind) {
  constexpr Attribute kTypes[] = {Attribute::i,      Attribute::f,       Attribute::s,      Attribute::ints,
                                  Attribute::floats, Attribute::strings, Attribute::tensor, Attribute::graph};
  return kTypes[static_cast<std::size_t>(kind)];
}

}  // namespace

std::vector<Field*> uses_of_values(Field& root) {
  std::vector<Field*> uses;
  for (Field* graph : messages(root, Message::graph)) {
    for (Field* node : graph->all(graph_proto::node))
      for (Field* input : node->all(node_proto::input)) uses.push_back(input);
    for (Field* output : graph->all(graph_proto::output))
      if (Field* name = output->find(value_info_proto::name)) uses.push_back(name);
  }
  return uses;
}

Field* draw_graph(Field& model, Random& random) {
  const std::vector<Field*> graphs = messages(model, Message::graph);
  if (graphs.empty()) return nullptr;
  return random.below(2) == 0 ? graphs[0] : pick(graphs, random);
}

Field* graph_around(Field& model, const Field& field) {
  const std::vector<Field*> path = path_to(model, field);
  const auto is_around = [&](const Field* f) { return f != &field && f->message == Message::graph; };
  const auto found = std::ranges::find_if(path.rbegin(), path.rend(), is_around);
  return found == path.rend() ? nullptr : *found;
}

std::string draw_value(Field& model, const Field* graph, Random& random) {
  const bool is_visible = graph != nullptr && random.below(8) != 0;
  const std::vector<std::string> names =
      value_names(is_visible ? enclosing(model, *graph) : messages(model, Message::graph));
  return names.empty() ? "x" : pick(names, random);
}

std::string unused_name(Field& model) {
  const std::vector<std::string> names = value_names(messages(model, Message::graph));
  const std::set<std::string> taken(names.begin(), names.end());
  for (int i = 0;; ++i)
    if (std::string name = "m" + std::to_string(i); !taken.contains(name)) return name;
}

Field scalar_field(std::string_view name, uint64_t data_type, std::string_view raw) {
  return message_field(graph_proto::initializer, Message::tensor,
                       {number_field(tensor_proto::data_type, data_type),
                        bytes_field(tensor_proto::name, name), bytes_field(tensor_proto::raw_data, raw)});
}

Field value_field(uint32_t number, std::string_view name) {
  return message_field(number, Message::value_info, {bytes_field(value_info_proto::name, name)});
}

void set_operator(Field& node, const OperatorWord& op) {
  Field& type = node.at(node_proto::op_type);
  type.type = pbf_wire_type::length_delimited;
  type.bytes = op.type;
  std::erase_if(node.children, [](const Field& field) { return field.number == node_proto::domain; });
  if (!op.domain.empty()) node.children.push_back(bytes_field(node_proto::domain, op.domain));
}

const OperatorWord* operator_of(Field& node) {
  const Field* const domain = node.find(node_proto::domain);
  const Field* const type = node.find(node_proto::op_type);
  if (type == nullptr) return nullptr;
  return find_word(domain == nullptr || domain->bytes.empty() ? type->bytes
                                                              : domain->bytes + '.' + type->bytes);
}

Field node_field(const OperatorWord& op, const std::vector<std::string>& inputs, std::string_view output) {
  Field field = message_field(graph_proto::node, Message::node, {});
  set_operator(field, op);
  for (const std::string& input : inputs) field.children.push_back(bytes_field(node_proto::input, input));
  field.children.push_back(bytes_field(node_proto::output, output));
  return field;
}

Field body_field(std::string_view name, Field graph) {
  graph.number = attribute_proto::g;
  return message_field(
      node_proto::attribute, Message::attribute,
      {bytes_field(attribute_proto::name, name),
       number_field(attribute_proto::type, static_cast<uint64_t>(Attribute::graph)), std::move(graph)});
}

Field draw_attribute(Field& model, const OperatorWord* op, Random& random) {
  const AttrDef& word = draw_definition(op, random);
  // Now and then of another type than the operator expects.
  const Attribute type = random.below(8) == 0 ? Attribute(random.integer(0, 8)) : type_of(word.kind);
  if (type == Attribute::graph)
    if (const std::vector<Field*> graphs = messages(model, Message::graph); !graphs.empty())
      return body_field(word.name, *pick(graphs, random));
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
    case Attribute::strings:
      do add(bytes_field(attribute_proto::strings, pick(kStrings, random)));
      while (random.below(2) == 0);
      break;
    case Attribute::tensor: {
      Field value = scalar_field("", 1, float_bytes(interesting_float(random)));
      value.number = attribute_proto::t;
      add(std::move(value));
      break;
    }
    default: break;
  }
  return field;
}

bool insert_node(Field& model, Random& random) {
  Field* const graph = draw_graph(model, random);
  if (graph == nullptr) return false;
  const std::string from = draw_value(model, graph, random), to = unused_name(model);
  std::vector<std::string> inputs = {from};
  while (random.below(2) == 0) inputs.push_back(draw_value(model, graph, random));
  if (!redirect(*graph, from, to, random)) return false;
  const OperatorWord& op = pick(operator_words(), random);
  Field made = node_field(op, inputs, to);
  while (random.below(2) == 0) made.children.push_back(draw_attribute(model, &op, random));
  graph->children.push_back(std::move(made));
  return true;
}

bool insert_qdq(Field& model, Random& random) {
  Field* const graph = draw_graph(model, random);
  if (graph == nullptr) return false;
  const std::string from = draw_value(model, graph, random), to = unused_name(model);
  if (!redirect(*graph, from, to, random)) return false;
  const float scale = random.below(4) == 0 ? interesting_float(random) : random.real(0.001f, 0.1f);
  const uint64_t data_type = random.below(2) == 0 ? 2 : 3;  // uint8, int8
  const std::string zero_point(1, static_cast<char>(random.below(3) == 0 ? random.below(256) : 0));
  const std::string integers = to + "_q", scale_name = to + "_s", zero_name = to + "_z";
  graph->children.push_back(scalar_field(scale_name, 1, float_bytes(scale)));
  graph->children.push_back(scalar_field(zero_name, data_type, zero_point));
  graph->children.push_back(node_field({"", "QuantizeLinear"}, {from, scale_name, zero_name}, integers));
  graph->children.push_back(node_field({"", "DequantizeLinear"}, {integers, scale_name, zero_name}, to));
  return true;
}

}  // namespace octavo::fuzz
