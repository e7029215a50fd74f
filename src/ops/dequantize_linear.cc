// DequantizeLinear: y = (x - zero_point) * scale, from uint8, int8, uint16, int16 or int32. ONNX DequantizeLinear-10 …
// -21.
#include "base/error.h"
#include "kernels/quantize/quantize.h"
#include "ops/parallel.h"
#include "ops/qdq_layout.h"

namespace octavo {

namespace {

void infer(InferContext& ctx) {
  require(QuantizedTypes::contains(ctx.dtype(0)), ErrorCode::unsupported, "DequantizeLinear from {}",
          dtype_name(ctx.dtype(0)));
  require(!ctx.has(2) || ctx.dtype(2) == ctx.dtype(0), ErrorCode::invalid_graph,
          "a zero_point of {} for an input of {}", dtype_name(ctx.has(2) ? ctx.dtype(2) : ctx.dtype(0)),
          dtype_name(ctx.dtype(0)));
  check_qdq(ctx);
  ctx.set(0, DType::f32, ctx.shape(0));
}

template <class T> void dequantize(const RunContext& ctx) {
  const auto& layout = ctx.planned<QdqLayout>();
  const T* x = ctx.inputs[0].as<T>();
  const T* const zero_point = ctx.has(2) ? ctx.inputs[2].as<T>() : nullptr;
  const float* const scale = ctx.inputs[1].as<float>();
  float* y = ctx.outputs[0].as<float>();
  for (int64_t run = 0; run < layout.runs; ++run, x += layout.length, y += layout.length) {
    const int64_t p = layout.parameter(run);
    const int32_t zero = zero_point ? zero_point[p] : 0;
    parallel_elements(ctx.kernels, layout.length, 1, [&](int64_t begin, int64_t end) {
      kernels::dequantize(x + begin, end - begin, scale[p], zero, y + begin);
    });
  }
}

void run(RunContext& ctx) {
  visit(QuantizedTypes{}, ctx.inputs[0].dtype, [&]<class T>(T) { dequantize<T>(ctx); });
}

OCTAVO_OPERATOR(dequantize_linear, {.name = "DequantizeLinear",
                                    .since = 10,
                                    .min_inputs = 2,
                                    .max_inputs = 3,
                                    .attributes = kQdqAttributes,
                                    .infer = infer,
                                    .plan = plan_qdq,
                                    .run = run,
                                    .same_dtype = false,
                                    .layout = LayoutRule::permutable,
                                    .permute = permute_qdq});

}  // namespace

}  // namespace octavo
