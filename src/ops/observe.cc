// octavo.Observe and octavo.Inspect: the identity, which shows its tensor to whoever watches the session. Observe may
// see it channels-last; Inspect sees the elements in the order that ONNX gives them.
#include "ops/operands.h"

namespace octavo {

namespace {

// The output is the input where it lies, unless that is a constant.
StepPlan plan(const PlanContext&) { return {.is_view = true, .runs_as_view = true}; }

void run(RunContext& ctx) {
  if (ctx.outputs[0].data != ctx.inputs[0].data) copy_input(ctx);
  if (ctx.observer != nullptr) ctx.observer->observe(ctx.node.lowered.observed, ctx.outputs[0]);
}

constexpr OpDef watch(std::string_view name, LayoutRule layout) {
  return {.name = name, .infer = infer_as_input, .plan = plan, .run = run, .layout = layout};
}

OCTAVO_OPERATOR(observe, watch("octavo.Observe", LayoutRule::elementwise));
OCTAVO_OPERATOR(inspect, watch("octavo.Inspect", LayoutRule::opaque));

}  // namespace

}  // namespace octavo
