// LpPool and GlobalLpPool (float32): (Σ |x|^p)^(1/p) of a window. ONNX LpPool-2 … LpPool-22, GlobalLpPool-2 and -22.
#include "base/error.h"
#include "ops/operands.h"
#include "ops/pool_layer.h"
#include "ops/window.h"

namespace octavo {

namespace {

constexpr auto kAttributes =
    joined(kWindowAttributes, {{"ceil_mode", AttrKind::integer}, {"p", AttrKind::integer}});
constexpr AttrDef kGlobalAttributes[] = {{"p", AttrKind::integer}};

float exponent_of(const Attrs& attrs) {
  const int64_t p = attrs.get_int("p", 2);
  require(p >= 1, ErrorCode::invalid_graph, "p is {}", p);
  return static_cast<float>(p);
}

template <void (*infer_shape)(InferContext&, DType)> void infer(InferContext& ctx) {
  require_dtype(ctx, 0, Types<float>{});
  exponent_of(ctx.attrs());
  infer_shape(ctx, DType::f32);
}

struct LpPoolPlan {
  kernels::PoolGeometry g;
  float p;
};

template <PoolGeometryOf geometry> StepPlan plan(const PlanContext& ctx) {
  return {.state = PlanState(LpPoolPlan{geometry(ctx), exponent_of(ctx.attrs())})};
}

void run(RunContext& ctx) {
  const auto& [g, p] = ctx.planned<LpPoolPlan>();
  const float* const in = ctx.inputs[0].as<float>();
  float* const out = ctx.outputs[0].as<float>();
  parallel_pool(ctx.kernels, g, [&](const PoolPiece& piece) {
    kernels::lp_pool(piece.g, in + piece.in, out + piece.out, p);
  });
}

OCTAVO_OPERATOR(lp_pool, {.name = "LpPool",
                          .attributes = kAttributes,
                          .infer = infer<infer_pool>,
                          .plan = plan<pool_geometry>,
                          .run = run,
                          .computes_f32 = true,
                          .layout = LayoutRule::channels_last});

OCTAVO_OPERATOR(global_lp_pool, {.name = "GlobalLpPool",
                                 .attributes = kGlobalAttributes,
                                 .infer = infer<infer_global_pool>,
                                 .plan = plan<global_pool_geometry>,
                                 .run = run,
                                 .computes_f32 = true,
                                 .layout = LayoutRule::channels_last});

}  // namespace

}  // namespace octavo
