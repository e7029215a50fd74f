// octavo.Extremes (float32): low, high = Extremes(x), scalars: the smallest and the largest element, NaN where x has
// one, infinite where it has no elements.
#include <algorithm>
#include <limits>

#include "base/error.h"
#include "graph/op_def.h"
#include "kernels/observe/observe.h"
#include "ops/operands.h"
#include "ops/parallel.h"
#include "ops/scratch.h"

namespace octavo {

namespace {

using kernels::Extremes;

void infer(InferContext& ctx) {
  require_dtype(ctx, 0, {DType::f32});
  for (const std::size_t i : {0, 1}) ctx.set(i, DType::f32, Shape());
}

StepPlan plan(const PlanContext& ctx) {
  return {.workspace = scratch_bytes<Extremes>(static_cast<uint64_t>(ctx.kernels.threads.count()))};
}

void run(RunContext& ctx) {
  Scratch scratch(ctx.workspace);
  const auto threads = static_cast<std::size_t>(ctx.kernels.threads.count());
  Extremes* const seen = scratch.take<Extremes>(threads);
  std::fill_n(seen, threads, Extremes());
  const float* const x = ctx.inputs[0].as<float>();
  parallel_for(ctx.kernels.threads, ctx.inputs[0].shape.elements(), divide_steps(1),
               [&](int64_t begin, int64_t end, int thread) {
                 seen[thread] = joined(
                     seen[thread], kernels::find_extremes(x + begin, static_cast<std::size_t>(end - begin)));
               });
  Extremes all;
  for (std::size_t i = 0; i < threads; ++i) all = joined(all, seen[i]);
  constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
  // Which zero was seen first is nobody's business.
  *ctx.outputs[0].as<float>() = all.has_nan ? kNaN : all.min + 0.0f;
  *ctx.outputs[1].as<float>() = all.has_nan ? kNaN : all.max + 0.0f;
}

OCTAVO_OPERATOR(extremes,
                {.name = "octavo.Extremes", .max_outputs = 2, .infer = infer, .plan = plan, .run = run});

}  // namespace

}  // namespace octavo
