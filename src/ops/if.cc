// If: the outputs of one of two bodies. ONNX If-1 … If-25.
#include <algorithm>
#include <limits>

#include "base/error.h"
#include "ops/bodies.h"
#include "ops/operands.h"

namespace octavo {

namespace {

constexpr AttrDef kAttributes[] = {{"then_branch", AttrKind::graph}, {"else_branch", AttrKind::graph}};

// What both bodies agree on.
TensorType common(const TensorType& a, const TensorType& b) {
  require(!a.dtype || !b.dtype || a.dtype == b.dtype, ErrorCode::invalid_graph,
          "its bodies give different types");
  TensorType both{a.dtype ? a.dtype : b.dtype};
  if (!both.dtype || !a.shape || !b.shape || a.shape->rank() != b.shape->rank()) return both;
  both.shape = a.shape;
  for (int axis = 0; axis < a.shape->rank(); ++axis)
    if ((*a.shape)[axis] != (*b.shape)[axis]) (*both.shape)[axis] = kDynamic;
  return both;
}

// Also where infer cannot be asked, as a body takes something of unknown rank from outside.
void type_bodies(Node& node, std::span<const Operand>) {
  for (const Subgraph& body : node.subgraphs)
    require(body.graph.inputs.size() == body.captures && body.graph.outputs.size() >= node.outputs.size(),
            ErrorCode::invalid_graph, "has {} outputs, but a body of {} inputs and {} outputs",
            node.outputs.size(), body.graph.inputs.size() - body.captures, body.graph.outputs.size());
}

void infer(InferContext& ctx) {
  require_dtype(ctx, 0, {DType::boolean});
  require_elements(ctx, 0, 1);
  for (std::size_t i = 0; i < ctx.outputs.size(); ++i)
    ctx.outputs[i] = common(body_output(ctx.node, 0, i), body_output(ctx.node, 1, i));
}

void run(RunContext& ctx) {
  const std::size_t branch = *ctx.inputs[0].as<uint8_t>() != 0 ? 0 : 1;
  const std::vector<TensorView>& results = ctx.bodies->call(branch, {});
  for (std::size_t i = 0; i < ctx.outputs.size(); ++i) make_copy(ctx, i, results[i]);
}

OCTAVO_OPERATOR(op, {.name = "If",
                     .max_outputs = std::numeric_limits<int>::max(),
                     .attributes = kAttributes,
                     .infer = infer,
                     .run = run,
                     .same_dtype = false,
                     .shape_depends_on_data = true,
                     .type_bodies = type_bodies});

}  // namespace

}  // namespace octavo
