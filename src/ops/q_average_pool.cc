// octavo.QAveragePool and octavo.QGlobalAveragePool: AveragePool and GlobalAveragePool on uint8, with exact sums; see
// kernels/pool/pool.h for the equation.
#include "base/error.h"
#include "ops/activation_params.h"
#include "ops/pool_layer.h"
#include "ops/thread_workspaces.h"

namespace octavo {

namespace {

// The largest window whose sum is exact.
constexpr int64_t kLargestWindow = 1 << 23;

struct PreparedPool : Prepared {
  struct {
    ActivationParams in, out;
    float multiplier;
  } scales;
};

void require_u8(const InferContext& ctx) {
  require(ctx.dtype(0) == DType::u8, ErrorCode::unsupported, "{} takes uint8, not {}", ctx.node.op->name,
          dtype_name(ctx.dtype(0)));
}

void infer(InferContext& ctx) {
  require_u8(ctx);
  infer_pool(ctx, DType::u8);
}

void infer_global(InferContext& ctx) {
  require_u8(ctx);
  infer_global_pool(ctx, DType::u8);
}

std::shared_ptr<const Prepared> prepare(const PrepareContext& ctx) {
  const ActivationParams in = input_params(ctx, 0), out = output_params(ctx);
  auto prepared = std::make_shared<PreparedPool>();
  prepared->scales = {in, out, to_multiplier(double(in.scale) / out.scale)};
  return prepared;
}

struct AveragePoolPlan {
  kernels::PoolGeometry g;
  bool count_padding;
};

template <PoolGeometryOf geometry> StepPlan plan(const PlanContext& ctx) {
  const AveragePoolPlan plan{geometry(ctx), ctx.attrs().get_int("count_include_pad", 0) != 0};
  const int64_t window = plan.g.axes[0].kernel * plan.g.axes[1].kernel * plan.g.axes[2].kernel;
  require(window <= kLargestWindow, ErrorCode::unsupported, "a window of {} elements may overflow its sum",
          window);
  return {
      .state = PlanState(plan),
      .workspace = workspace_of_threads(ctx.kernels, sizeof(int32_t) * static_cast<std::size_t>(plan.g.c))};
}

void run(RunContext& ctx) {
  const auto& [in, out, multiplier] = ctx.prepared<PreparedPool>().scales;
  const auto& [g, count_padding] = ctx.planned<AveragePoolPlan>();
  const kernels::AveragePoolU8 params{in.zero_point, out.zero_point, out.qmin, out.qmax,
                                      multiplier,    count_padding,  nullptr};
  const uint8_t* const x = ctx.inputs[0].as<uint8_t>();
  uint8_t* const y = ctx.outputs[0].as<uint8_t>();
  Scratch scratch(ctx.workspace);
  const ThreadWorkspaces sums(scratch, sizeof(int32_t) * static_cast<std::size_t>(g.c));
  parallel_pool(ctx.kernels, g, [&](const PoolPiece& piece) {
    kernels::AveragePoolU8 own = params;
    own.sums = static_cast<int32_t*>(sums[piece.thread]);
    kernels::average_pool(piece.g, x + piece.in, y + piece.out, own);
  });
}

OCTAVO_OPERATOR(average_pool, {.name = "octavo.QAveragePool",
                               .infer = infer,
                               .prepare = prepare,
                               .plan = plan<pool_geometry>,
                               .run = run,
                               .layout = LayoutRule::channels_last});

OCTAVO_OPERATOR(global_average_pool, {.name = "octavo.QGlobalAveragePool",
                                      .infer = infer_global,
                                      .prepare = prepare,
                                      .plan = plan<global_pool_geometry>,
                                      .run = run,
                                      .layout = LayoutRule::channels_last});

}  // namespace

}  // namespace octavo
