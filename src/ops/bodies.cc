#include "ops/bodies.h"

#include <algorithm>

#include "base/error.h"

namespace octavo {

std::size_t own_inputs(const Node& node) { return node.subgraphs[0].first_capture; }

TensorType body_output(const Node& node, std::size_t body, std::size_t i) {
  const Graph& graph = node.subgraphs[body].graph;
  require(i < graph.outputs.size(), ErrorCode::invalid_graph, "its body has {} outputs, too few",
          graph.outputs.size());
  return graph[graph.outputs[i]];
}

void fit_outputs(Node& node, std::size_t given) {
  require(node.outputs.size() <= given, ErrorCode::invalid_graph, "has {} outputs, but its body gives {}",
          node.outputs.size(), given);
  node.outputs.resize(given, kNoValue);
}

void type_state(Graph& body, std::size_t i, const Operand& operand) {
  Value& input = body[body.inputs[i]];
  if (operand.dtype) input.dtype = operand.dtype;
  if (operand.shape && (!input.shape || operand.shape->rank() > 0)) input.shape = operand.shape;
  if (input.shape) std::ranges::fill(input.shape->dims, kDynamic);
}

TensorType carried_type(const TensorType& given, const TensorType& initial) {
  TensorType type{given.dtype};
  if (!given.dtype || !given.shape || !initial.shape || given.shape->rank() != initial.shape->rank())
    return type;
  type.shape = given.shape;
  if (type.shape != initial.shape) std::ranges::fill(type.shape->dims, kDynamic);
  return type;
}

TensorType joined_type(TensorType given, int64_t axis, int64_t count) {
  if (!given.dtype) given.shape = {};
  if (given.shape) {
    Dims& dims = given.shape->dims;
    dims.insert(dims.begin() + normalize_axis(axis, given.shape->rank() + 1), count);
  }
  return given;
}

TensorView make_copy(const RunContext& ctx, std::size_t i, const TensorView& result) {
  const TensorView output = ctx.make_output(i, result.dtype, result.shape);
  std::copy_n(result.data, result.bytes(), output.data);
  return output;
}

void make_empty(const RunContext& ctx, std::size_t i, std::size_t result, int64_t axis) {
  const TensorType type = body_output(ctx.node, 0, result);
  require(type.dtype.has_value(), ErrorCode::unsupported,
          "no turn is taken that would say the dtype of output {}", i);
  Shape shape = type.shape.value_or(Shape{});
  std::ranges::replace(shape.dims, kDynamic, int64_t{0});
  shape.dims.insert(shape.dims.begin() + normalize_axis(axis, shape.rank() + 1), 0);
  ctx.make_output(i, *type.dtype, shape);
}

}  // namespace octavo
