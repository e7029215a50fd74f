// Small graphs for tests, and a way to run them.
#pragma once

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.h"
#include "graph/op_def.h"

namespace octavo::test {

// Builds a graph call by call. Values are named after what makes them; shapes come from infer_shapes.
class GraphBuilder {
 public:
  ValueId input(std::string name, Shape shape, DType dtype = DType::f32);
  ValueId constant(Tensor tensor);
  ValueId constant(Shape shape, std::initializer_list<float> values);
  // Normally distributed numbers, the same in every run.
  ValueId random(Shape shape, float deviation = 1);
  Tensor random_tensor(Shape shape, float deviation = 1);
  // The output of a node.
  ValueId node(std::string_view op, std::vector<ValueId> inputs, Attrs attrs = {});
  void output(ValueId id);

  Graph graph;

 private:
  std::mt19937 generator_{7};
};

Attrs attrs(std::initializer_list<std::pair<std::string_view, AttrValue>> entries);

// How many nodes of that operator the graph has.
int count(const Graph& graph, std::string_view op);

// Infinite where shapes differ.
float largest_difference(const TensorView& a, const TensorView& b);

}  // namespace octavo::test
