// AveragePool and GlobalAveragePool (float32). ONNX AveragePool-1 … AveragePool-19, GlobalAveragePool-1.
#include "base/error.h"
#include "ops/pool_layer.h"

namespace octavo {

namespace {

void require_float(const InferContext& ctx) {
  require(ctx.dtype(0) == DType::f32, ErrorCode::unsupported, "average pooling takes float32, not ",
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

void pool(RunContext& ctx, const kernels::PoolGeometry& g) {
  const bool count_padding = ctx.attrs().get_int("count_include_pad", 0) != 0;
  const Clamp& activation = ctx.node.lowered.clamp;
  const float* const in = ctx.inputs[0].as<float>();
  float* const out = ctx.outputs[0].as<float>();
  parallel_pool(ctx.kernels, g, [&](const PoolPiece& piece) {
    kernels::average_pool(piece.g, in + piece.in, out + piece.out, count_padding, activation.low,
                          activation.high);
  });
}

void run(RunContext& ctx) { pool(ctx, pool_geometry(ctx.node, ctx.inputs[0].shape)); }
void run_global(RunContext& ctx) { pool(ctx, global_pool_geometry(ctx.node, ctx.inputs[0].shape)); }

OCTAVO_OPERATOR(average_pool,
                {.name = "AveragePool",
                 .infer = infer,
                 .run = run,
                 .clamps_output = true,
                 .layout = LayoutRule::channels_last,
                 .quant = {.role = QuantRole::arithmetic, .integer_op = "octavo.QAveragePool"}});

OCTAVO_OPERATOR(global_average_pool,
                {.name = "GlobalAveragePool",
                 .infer = infer_global,
                 .run = run_global,
                 .clamps_output = true,
                 .layout = LayoutRule::channels_last,
                 .quant = {.role = QuantRole::arithmetic, .integer_op = "octavo.QGlobalAveragePool"}});

}  // namespace

}  // namespace octavo
