// AveragePool and GlobalAveragePool (float32). ONNX AveragePool-1 … AveragePool-19, GlobalAveragePool-1.
#include "base/error.h"
#include "ops/pool_layer.h"
#include "ops/window.h"

namespace octavo {

namespace {

constexpr auto kAttributes =
    joined(kWindowAttributes, {{"ceil_mode", AttrKind::integer}, {"count_include_pad", AttrKind::integer}});

void require_float(const InferContext& ctx) {
  require(ctx.dtype(0) == DType::f32, ErrorCode::unsupported, "average pooling takes float32, not {}",
          dtype_name(ctx.dtype(0)));
}

void infer(InferContext& ctx) {
  require_float(ctx);
  infer_pool(ctx, DType::f32);
}

void infer_global(InferContext& ctx) {
  require_float(ctx);
  infer_global_pool(ctx, DType::f32);
}

struct AveragePoolPlan {
  kernels::PoolGeometry g;
  bool count_padding;
};

template <PoolGeometryOf geometry> StepPlan plan(const PlanContext& ctx) {
  return {.state =
              PlanState(AveragePoolPlan{geometry(ctx), ctx.attrs().get_int("count_include_pad", 0) != 0})};
}

void run(RunContext& ctx) {
  const auto& [g, count_padding] = ctx.planned<AveragePoolPlan>();
  const Clamp& activation = ctx.node.lowered.clamp;
  const float* const in = ctx.inputs[0].as<float>();
  float* const out = ctx.outputs[0].as<float>();
  parallel_pool(ctx.kernels, g, [&](const PoolPiece& piece) {
    kernels::average_pool(piece.g, in + piece.in, out + piece.out, count_padding, activation.low,
                          activation.high);
  });
}

constexpr IntegerForm kForm[] = {{DType::u8, DType::s8, DType::u8, "octavo.QAveragePool"}};
constexpr IntegerForm kGlobalForm[] = {{DType::u8, DType::s8, DType::u8, "octavo.QGlobalAveragePool"}};

OCTAVO_OPERATOR(average_pool, {.name = "AveragePool",
                               .attributes = kAttributes,
                               .infer = infer,
                               .plan = plan<pool_geometry>,
                               .run = run,
                               .computes_f32 = true,
                               .clamps_output = true,
                               .layout = LayoutRule::channels_last,
                               .quant = requantized(kForm)});

OCTAVO_OPERATOR(global_average_pool, {.name = "GlobalAveragePool",
                                      .infer = infer_global,
                                      .plan = plan<global_pool_geometry>,
                                      .run = run,
                                      .computes_f32 = true,
                                      .clamps_output = true,
                                      .layout = LayoutRule::channels_last,
                                      .quant = requantized(kGlobalForm)});

}  // namespace

}  // namespace octavo
