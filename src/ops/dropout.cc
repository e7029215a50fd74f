// Dropout as inference has it: the identity, and a mask that keeps everything. ONNX Dropout-10 … Dropout-13; the reader
// has dealt with the ratio and the mode.
#include <cstring>

#include "ops/operands.h"

namespace octavo {

namespace {

bool has_mask(const Node& node) { return node.outputs.size() > 1 && node.outputs[1] != kNoValue; }

void infer(InferContext& ctx) {
  infer_as_input(ctx);
  ctx.set(1, DType::boolean, ctx.shape(0));
}

void run(RunContext& ctx) {
  copy_input(ctx);
  if (has_mask(ctx.node)) std::memset(ctx.outputs[1].data, 1, ctx.outputs[1].bytes());
}

// The mask takes a run to write.
StepPlan plan(const PlanContext& ctx) { return {.is_view = !has_mask(ctx.node)}; }

OCTAVO_OPERATOR(
    dropout,
    {.name = "Dropout", .max_outputs = 2, .infer = infer, .plan = plan, .run = run, .passes_on = true});

}  // namespace

}  // namespace octavo
