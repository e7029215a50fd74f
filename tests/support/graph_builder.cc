#include "support/graph_builder.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace octavo::test {

ValueId GraphBuilder::input(std::string name, Shape shape, DType dtype) {
  const ValueId id = graph.add_value({{dtype, std::move(shape)}, std::move(name)});
  graph.inputs.push_back(id);
  return id;
}

ValueId GraphBuilder::constant(Tensor tensor) {
  return graph.add_constant(graph.unique_value_name("constant"), std::move(tensor));
}

ValueId GraphBuilder::constant(Shape shape, std::initializer_list<float> values) {
  return constant(Tensor::of<float>(std::move(shape), values));
}

ValueId GraphBuilder::random(Shape shape, float deviation) {
  return constant(random_tensor(std::move(shape), deviation));
}

Tensor GraphBuilder::random_tensor(Shape shape, float deviation) {
  Tensor tensor(DType::f32, std::move(shape));
  std::normal_distribution<float> normal(0, deviation);
  for (float& x : tensor.span<float>()) x = normal(generator_);
  return tensor;
}

ValueId GraphBuilder::node(std::string_view op, std::vector<ValueId> inputs, Attrs attrs) {
  Node node{.op = &get_op(op),
            .name = graph.unique_value_name(op),
            .attrs = std::move(attrs),
            .inputs = std::move(inputs)};
  node.outputs = {graph.add_value({.name = node.name})};
  graph.nodes.push_back(std::move(node));
  return graph.nodes.back().outputs[0];
}

void GraphBuilder::output(ValueId id) { graph.outputs.push_back(id); }

Attrs attrs(std::initializer_list<std::pair<std::string_view, AttrValue>> entries) {
  Attrs attrs;
  for (const auto& [name, value] : entries) attrs.set(name, value);
  return attrs;
}

int count(const Graph& graph, std::string_view op) {
  return static_cast<int>(
      std::ranges::count_if(graph.nodes, [&](const Node& node) { return node.op->name == op; }));
}

float largest_difference(const TensorView& a, const TensorView& b) {
  if (a.shape != b.shape) return INFINITY;
  float largest = 0;
  for (std::size_t i = 0; i < a.span<float>().size(); ++i)
    largest = std::max(largest, std::abs(a.span<float>()[i] - b.span<float>()[i]));
  return largest;
}

}  // namespace octavo::test
