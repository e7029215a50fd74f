// Small graphs for tests, and a way to run them.
#pragma once

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "graph/op_def.h"

namespace octavo::test {

// Builds a graph call by call. Values are named after what makes them; shapes come from infer_shapes.
class GraphBuilder {
 public:
  ValueId input(std::string name, Shape shape, DType dtype = DType::f32) {
    const ValueId id = graph.add_value({.name = std::move(name), .dtype = dtype, .shape = std::move(shape)});
    graph.inputs.push_back(id);
    return id;
  }

  ValueId constant(Tensor tensor) {
    return graph.add_constant(graph.unique_value_name("constant"), std::move(tensor));
  }
  ValueId constant(Shape shape, std::initializer_list<float> values) {
    return constant(Tensor::of<float>(std::move(shape), values));
  }
  // Normally distributed numbers, the same in every run.
  ValueId random(Shape shape, float deviation = 1) {
    return constant(random_tensor(std::move(shape), deviation));
  }

  Tensor random_tensor(Shape shape, float deviation = 1) {
    Tensor tensor(DType::f32, std::move(shape));
    std::normal_distribution<float> normal(0, deviation);
    for (float& x : tensor.span<float>()) x = normal(generator_);
    return tensor;
  }

  ValueId node(std::string_view op, std::vector<ValueId> inputs, Attrs attrs = {}) {
    Node node{.op = &get_op(op),
              .name = graph.unique_value_name(op),
              .attrs = std::move(attrs),
              .inputs = std::move(inputs)};
    node.outputs = {graph.add_value({.name = node.name})};
    graph.nodes.push_back(std::move(node));
    return graph.nodes.back().outputs[0];
  }

  void output(ValueId id) { graph.outputs.push_back(id); }

  Graph graph;

 private:
  std::mt19937 generator_{7};
};

inline Attrs attrs(std::initializer_list<std::pair<std::string_view, AttrValue>> entries) {
  Attrs attrs;
  for (const auto& [name, value] : entries) attrs.set(name, value);
  return attrs;
}

// How many nodes of that operator the graph has.
inline int count(const Graph& graph, std::string_view op) {
  int nodes = 0;
  for (const Node& node : graph.nodes) nodes += node.op->name == op;
  return nodes;
}

inline float largest_difference(const TensorView& a, const TensorView& b) {
  if (a.shape != b.shape) return INFINITY;
  float largest = 0;
  for (std::size_t i = 0; i < a.span<float>().size(); ++i)
    largest = std::max(largest, std::abs(a.span<float>()[i] - b.span<float>()[i]));
  return largest;
}

}  // namespace octavo::test
