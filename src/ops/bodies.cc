#include "ops/bodies.h"

#include <algorithm>

#include "base/error.h"

namespace octavo {

std::size_t own_inputs(const Node& node) { return node.subgraphs[0].first_capture; }

TensorType body_output(const Node& node, std::size_t body, std::size_t i) {
  const Graph& graph = node.subgraphs[body].graph;
  require(i < graph.outputs.size(), ErrorCode::invalid_graph, "its body has ", graph.outputs.size(),
          " outputs, too few");
  return graph[graph.outputs[i]];
}

void type_state(Graph& body, std::size_t i, const Operand& operand) {
  Value& input = body[body.inputs[i]];
  if (operand.dtype) input.dtype = operand.dtype;
  if (operand.shape && (!input.shape || operand.shape->rank() > 0)) input.shape = operand.shape;
  if (input.shape) std::ranges::fill(input.shape->dims, kDynamic);
}

void make_copy(const RunContext& ctx, std::size_t i, const TensorView& result) {
  const TensorView output = ctx.make_output(i, result.shape);
  require(output.dtype == result.dtype, ErrorCode::invalid_graph, "output ", i, " is ",
          dtype_name(output.dtype), ", but its body gives ", dtype_name(result.dtype));
  std::copy_n(result.data, result.bytes(), output.data);
}

}  // namespace octavo
