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
  ActivationParams in, out;
  float multiplier;
};

void require_u8(const InferContext& ctx) {
  require(ctx.dtype(0) == DType::u8, ErrorCode::unsupported, ctx.node.op->name, " takes uint8, not ",
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
  auto prepared = std::make_shared<PreparedPool>();
  prepared->in = input_params(ctx, 0);
  prepared->out = output_params(ctx);
  prepared->multiplier = to_multiplier(double(prepared->in.scale) / prepared->out.scale);
  return prepared;
}

using GeometryOf = kernels::PoolGeometry (*)(const Node&, const Shape&);

template <GeometryOf kGeometry> uint64_t workspace(const PlanContext& ctx) {
  const kernels::PoolGeometry g = kGeometry(ctx.node, ctx.shape(0));
  const int64_t window = g.axes[0].kernel * g.axes[1].kernel * g.axes[2].kernel;
  require(window <= kLargestWindow, ErrorCode::unsupported, "a window of ", window,
          " elements may overflow its sum");
  return workspace_of_threads(ctx.kernels, sizeof(int32_t) * static_cast<std::size_t>(g.c));
}

template <GeometryOf kGeometry> void run(RunContext& ctx) {
  const auto& prepared = ctx.prepared<PreparedPool>();
  const ActivationParams &in = prepared.in, &out = prepared.out;
  const kernels::AveragePoolU8 params{
      in.zero_point, out.zero_point,      out.qmin,
      out.qmax,      prepared.multiplier, ctx.attrs().get_int("count_include_pad", 0) != 0,
      nullptr};
  const kernels::PoolGeometry g = kGeometry(ctx.node, ctx.inputs[0].shape);
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
                               .workspace = workspace<pool_geometry>,
                               .run = run<pool_geometry>,
                               .layout = LayoutRule::channels_last});

OCTAVO_OPERATOR(global_average_pool, {.name = "octavo.QGlobalAveragePool",
                                      .infer = infer_global,
                                      .prepare = prepare,
                                      .workspace = workspace<global_pool_geometry>,
                                      .run = run<global_pool_geometry>,
                                      .layout = LayoutRule::channels_last});

}  // namespace

}  // namespace octavo
