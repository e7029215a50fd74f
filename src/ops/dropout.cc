// Dropout as inference has it: the identity, and a mask in which everything is kept. ONNX Dropout-7 … Dropout-13.
#include <cstring>

#include "base/error.h"
#include "ops/operands.h"

namespace octavo {

namespace {

bool has_mask(const Node& node) { return node.outputs.size() > 1 && node.outputs[1] != kNoValue; }

void infer(InferContext& ctx) {
  infer_as_input(ctx);
  ctx.set(1, DType::boolean, ctx.shape(0));
}

void run(RunContext& ctx) {
  const bool trains = ctx.has(2) && *ctx.inputs[2].as<uint8_t>() != 0;
  require(!trains, ErrorCode::unsupported, "training_mode is true");
  copy_input(ctx);
  if (has_mask(ctx.node)) std::memset(ctx.outputs[1].data, 1, ctx.outputs[1].bytes());
}

// A run has to look at training_mode and to write the mask.
bool is_view(const PlanContext& ctx) { return !ctx.has(2) && !has_mask(ctx.node); }

const RegisterOp dropout(
    {.name = "Dropout", .max_inputs = 3, .max_outputs = 2, .infer = infer, .run = run, .is_view = is_view});

}  // namespace

}  // namespace octavo
