// Mutations of the graph: who reads what, which operator computes it, with which attributes.
#include <algorithm>
#include <string>

#include "fuzz/mutations.h"
#include "fuzz/new_nodes.h"
#include "onnx/fields.h"

namespace octavo::fuzz {

namespace {

using namespace onnx;

Field* draw_node(Field& model, Random& random) {
  const std::vector<Field*> nodes = messages(model, Message::node);
  return nodes.empty() ? nullptr : pick(nodes, random);
}

// An input or output of a node, or a graph output.
Field* draw_name(Field& model, Random& random) {
  std::vector<Field*> names = uses_of_values(model);
  for (Field* node : messages(model, Message::node))
    for (Field* name : node->all(node_proto::output)) names.push_back(name);
  return names.empty() ? nullptr : pick(names, random);
}

bool rename(Field& model, Random& random) {
  Field* name = draw_name(model, random);
  if (name == nullptr) return false;
  name->bytes = random.below(4) == 0 ? std::string() : draw_value(model, graph_around(model, *name), random);
  return true;
}

bool leave_output_out(Field& model, Random& random) {
  Field* node = draw_node(model, random);
  if (node == nullptr) return false;
  const std::vector<Field*> outputs = node->all(node_proto::output);
  if (outputs.empty()) return false;
  Field* output = pick(outputs, random);
  if (random.below(2) == 0)
    output->bytes.clear();
  else
    node->children.erase(node->children.begin() + (output - node->children.data()));
  return true;
}

bool add_input(Field& model, Random& random) {
  Field* node = draw_node(model, random);
  if (node == nullptr) return false;
  node->children.push_back(
      bytes_field(node_proto::input, draw_value(model, graph_around(model, *node), random)));
  return true;
}

bool add_output(Field& model, Random& random) {
  Field* node = draw_node(model, random);
  if (node == nullptr) return false;
  const std::string name = unused_name(model);
  node->children.push_back(bytes_field(node_proto::output, name));
  Field* const graph = graph_around(model, *node);
  if (graph != nullptr && random.below(2) == 0)
    graph->children.push_back(value_field(graph_proto::output, name));
  return true;
}

// Makes something that is computed anyway an output of the graph.
bool reveal(Field& model, Random& random) {
  Field* const graph = draw_graph(model, random);
  if (graph == nullptr) return false;
  graph->children.push_back(value_field(graph_proto::output, draw_value(model, graph, random)));
  return true;
}

bool change_operator(Field& model, Random& random) {
  Field* node = draw_node(model, random);
  if (node == nullptr) return false;
  set_operator(*node, pick(operator_words(), random));
  return true;
}

bool set_attribute(Field& model, Random& random) {
  Field* node = draw_node(model, random);
  if (node == nullptr) return false;
  Field attribute = draw_attribute(model, operator_of(*node), random);
  const std::string name = attribute.find(attribute_proto::name)->bytes;
  std::erase_if(node->children, [&](Field& field) {
    Field* other = field.message == Message::attribute ? field.find(attribute_proto::name) : nullptr;
    return other != nullptr && other->bytes == name;
  });
  node->children.push_back(std::move(attribute));
  return true;
}

bool set_metadata(Field& model, Random& random) {
  Field* node = draw_node(model, random);
  if (node == nullptr) return false;
  constexpr std::string_view kKeys[] = {"octavo.granularity", "octavo.qmin", "octavo.qmax", "octavo.unknown"};
  const auto number = static_cast<int64_t>(interesting_number(random));
  const std::string value = random.below(2) == 0 ? "row" : std::to_string(number);
  node->children.push_back(message_field(
      node_proto::metadata_props, Message::entry,
      {bytes_field(entry_proto::key, pick(kKeys, random)), bytes_field(entry_proto::value, value)}));
  return true;
}

bool change_opset(Field& model, Random& random) {
  const std::vector<Field*> opsets = messages(model, Message::opset);
  if (opsets.empty()) return false;
  pick(opsets, random)->at(opset_proto::version).value = static_cast<uint64_t>(random.integer(6, 26));
  return true;
}

constexpr Mutation kMutations[] = {rename,        rename,       rename,          leave_output_out,
                                   add_input,     add_output,   reveal,          insert_node,
                                   insert_node,   insert_qdq,   change_operator, set_attribute,
                                   set_attribute, set_metadata, change_opset};

}  // namespace

std::span<const Mutation> graph_mutations() { return kMutations; }

}  // namespace octavo::fuzz
