// Mutations of control flow: a node becomes a branch or the body of a loop, values are carried and captured, bodies
// change places.
#include <algorithm>
#include <bit>
#include <string>

#include "fuzz/mutations.h"
#include "fuzz/new_nodes.h"
#include "onnx/fields.h"

namespace octavo::fuzz {

namespace {

using namespace onnx;

constexpr uint64_t kBool = 9, kInt64 = 7;  // TensorProto.DataType

std::string bits(uint64_t number, std::size_t size) {
  return std::string(reinterpret_cast<const char*>(&number), size);
}

std::vector<Field*> bodies(Field& model) {
  std::vector<Field*> found;
  for (Field* attribute : messages(model, Message::attribute))
    if (Field* body = attribute->find(attribute_proto::g); body != nullptr && body->message == Message::graph)
      found.push_back(body);
  return found;
}

// The node that has a body, and the attribute that holds it.
struct Owner {
  Field *node, *attribute;
};

Owner owner_of(Field& model, const Field& body) {
  const std::vector<Field*> path = path_to(model, body);
  return {path[path.size() - 3], path[path.size() - 2]};
}

Field* draw_body(Field& model, Random& random) {
  const std::vector<Field*> found = bodies(model);
  return found.empty() ? nullptr : pick(found, random);
}

// A node of one output, and the graph that it stands in.
struct Place {
  Field *graph = nullptr, *node = nullptr;
  std::string output;
};

Place draw_place(Field& model, Random& random) {
  std::vector<Field*> nodes = messages(model, Message::node);
  std::erase_if(nodes, [](Field* node) { return node->all(node_proto::output).size() != 1; });
  if (nodes.empty()) return {};
  Field* const node = pick(nodes, random);
  return {graph_around(model, *node), node, node->find(node_proto::output)->bytes};
}

// The node alone as a graph, whose output has another name than the node had.
Field graph_of(Field node, const std::string& output) {
  node.find(node_proto::output)->bytes = output;
  return message_field(attribute_proto::g, Message::graph,
                       {std::move(node), value_field(graph_proto::output, output)});
}

// A constant of the graph, or a value that is there already, which mostly fits less well.
std::string add_scalar(Field& model, Field& graph, uint64_t data_type, const std::string& raw,
                       Random& random) {
  if (random.below(4) == 0) return draw_value(model, &graph, random);
  std::string name = unused_name(model);
  graph.children.push_back(scalar_field(name, data_type, raw));
  return name;
}

// Node → If(condition) { node } else { node, or something else of its output's name }.
bool put_into_branches(Field& model, Random& random) {
  const Place place = draw_place(model, random);
  if (place.graph == nullptr) return false;
  const std::string inner = unused_name(model);
  Field branch = graph_of(*place.node, inner), other = branch;
  if (random.below(2) == 0)
    other.children.front() = node_field({"", "Identity"}, {draw_value(model, place.graph, random)}, inner);
  Field made = node_field({"", "If"}, {}, place.output);
  made.children.push_back(body_field("then_branch", std::move(branch)));
  made.children.push_back(body_field("else_branch", std::move(other)));
  *place.node = std::move(made);
  const std::string condition = add_scalar(model, *place.graph, kBool, bits(random.below(2), 1), random);
  // The constant may have moved the nodes.
  for (Field* node : place.graph->all(graph_proto::node))
    if (Field* output = node->find(node_proto::output); output != nullptr && output->bytes == place.output)
      node->children.push_back(bytes_field(node_proto::input, condition));
  return true;
}

// Node → Loop(turns) { node }, of which the outputs are collected; or one of whose inputs is carried.
bool put_into_loop(Field& model, Random& random) {
  const Place place = draw_place(model, random);
  if (place.graph == nullptr) return false;
  const std::string inner = unused_name(model);
  Field body = graph_of(*place.node, inner);
  const auto declare = [&](const std::string& name) {
    body.children.push_back(value_field(graph_proto::input, name));
  };
  declare(inner + "_turn");
  declare(inner + "_go");
  body.children.insert(body.children.begin() + 1, value_field(graph_proto::output, inner + "_go"));
  std::vector<std::string> inputs = {"", ""};
  const std::vector<Field*> operands = body.children.front().all(node_proto::input);
  if (!operands.empty() && random.below(2) == 0) {
    Field* const carried = pick(operands, random);
    inputs.push_back(carried->bytes);
    carried->bytes = inner + "_state";
    declare(inner + "_state");
  }
  const uint64_t turns =
      random.below(4) == 0 ? interesting_number(random) : static_cast<uint64_t>(random.below(5));
  *place.node = node_field({"", "Identity"}, {}, place.output);
  inputs[0] = add_scalar(model, *place.graph, kInt64, bits(turns, sizeof turns), random);
  Field made = node_field({"", "Loop"}, inputs, place.output);
  made.children.push_back(body_field("body", std::move(body)));
  for (Field* node : place.graph->all(graph_proto::node))
    if (Field* output = node->find(node_proto::output); output != nullptr && output->bytes == place.output) {
      *node = std::move(made);
      break;
    }
  return true;
}

// One more value from turn to turn: an input and an output of the node, and of its body.
bool carry(Field& model, Random& random) {
  Field* const body = draw_body(model, random);
  if (body == nullptr) return false;
  Field* const node = owner_of(model, *body).node;
  Field* const around = graph_around(model, *node);
  if (around == nullptr) return false;
  const std::string inner = unused_name(model);
  const std::string initial = draw_value(model, around, random);
  const std::string next = random.below(2) == 0 ? inner : draw_value(model, body, random);
  body->children.push_back(value_field(graph_proto::input, inner));
  const auto output = std::ranges::find(body->children, graph_proto::output, &Field::number);
  body->children.insert(output == body->children.end() ? output : output + 1,
                        value_field(graph_proto::output, next));
  // Nothing but the node's own fields changes from here on.
  node->children.push_back(bytes_field(node_proto::input, initial));
  const auto first = std::ranges::find(node->children, node_proto::output, &Field::number);
  node->children.insert(first, bytes_field(node_proto::output, inner + "_last"));
  return true;
}

// Something in a body is read from outside of it.
bool capture(Field& model, Random& random) {
  Field* const body = draw_body(model, random);
  if (body == nullptr) return false;
  const std::vector<Field*> uses = uses_of_values(*body);
  const Field* const around = graph_around(model, *owner_of(model, *body).node);
  if (uses.empty() || around == nullptr) return false;
  pick(uses, random)->bytes = draw_value(model, around, random);
  return true;
}

bool swap_bodies(Field& model, Random& random) {
  Field *const a = draw_body(model, random), *const b = draw_body(model, random);
  if (a == b || a == nullptr || !path_to(*a, *b).empty() || !path_to(*b, *a).empty()) return false;
  std::swap(a->children, b->children);
  return true;
}

// One body becomes a copy of another, or of the graph around it.
bool copy_body(Field& model, Random& random) {
  Field* const to = draw_body(model, random);
  if (to == nullptr) return false;
  std::vector<Field> copy = pick(messages(model, Message::graph), random)->children;
  to->children = std::move(copy);
  return true;
}

// Another operator with the same body: If as Loop, Loop as Scan.
bool change_control(Field& model, Random& random) {
  Field* const body = draw_body(model, random);
  if (body == nullptr) return false;
  const auto [node, attribute] = owner_of(model, *body);
  constexpr std::string_view kOperators[] = {"If", "Loop", "Scan"},
                             kNames[] = {"then_branch", "else_branch", "body"};
  Field& name = attribute->at(attribute_proto::name);
  name.type = pbf_wire_type::length_delimited;
  name.bytes = pick(kNames, random);
  if (random.below(2) == 0) set_operator(*node, {"", pick(kOperators, random)});
  return true;
}

constexpr Mutation kMutations[] = {
    put_into_branches, put_into_loop, put_into_loop, carry,     carry,
    capture,           capture,       swap_bodies,   copy_body, change_control};

}  // namespace

std::span<const Mutation> body_mutations() { return kMutations; }

}  // namespace octavo::fuzz
