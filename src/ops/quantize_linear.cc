// QuantizeLinear: y = clamp(round_half_even(x / scale) + zero_point), to uint8, int8, uint16 or int16. ONNX
// QuantizeLinear-10 … -21. The notes qmin and qmax narrow the range of the integers.
#include "base/error.h"
#include "graph/qdq.h"
#include "kernels/quantize/quantize.h"
#include "ops/parallel.h"
#include "ops/qdq_layout.h"

namespace octavo {

namespace {

constexpr auto kAttributes =
    joined(kQdqAttributes, {{"output_dtype", AttrKind::integer}, {"saturate", AttrKind::integer}});

using Storage = Types<uint8_t, int8_t, uint16_t, int16_t>;

// TensorProto.DataType of the attribute "output_dtype"; 0 leaves it to the zero_point.
DType output_dtype(const InferContext& ctx) {
  const int64_t asked = ctx.attrs().get_int("output_dtype", 0);
  const DType given = ctx.has(2) ? ctx.dtype(2) : DType::u8;
  const auto dtype = asked == 0 ? given : dtype_of_onnx(asked);
  require(dtype && Storage::contains(*dtype), ErrorCode::unsupported, "QuantizeLinear to {}",
          dtype ? dtype_name(*dtype) : text("data type {}", asked));
  require(!ctx.has(2) || given == *dtype, ErrorCode::invalid_graph,
          "output_dtype {} does not agree with a zero_point of {}", asked, dtype_name(given));
  return *dtype;
}

void infer(InferContext& ctx) {
  require(ctx.dtype(0) == DType::f32, ErrorCode::unsupported, "QuantizeLinear takes float32, not {}",
          dtype_name(ctx.dtype(0)));
  check_qdq(ctx);
  const DType dtype = output_dtype(ctx);
  integer_range(ctx.node.notes, dtype);
  ctx.set(0, dtype, ctx.shape(0));
}

template <class T> void quantize(const RunContext& ctx) {
  const auto& layout = ctx.planned<QdqLayout>();
  const IntegerRange range = integer_range(ctx.node.notes, dtype_of<T>);
  const float *x = ctx.inputs[0].as<float>(), *scale = ctx.inputs[1].as<float>();
  const T* const zero_point = ctx.has(2) ? ctx.inputs[2].as<T>() : nullptr;
  T* y = ctx.outputs[0].as<T>();
  for (int64_t run = 0; run < layout.runs; ++run, x += layout.length, y += layout.length) {
    const int64_t p = layout.parameter(run);
    const kernels::QuantizeParams params{scale[p], zero_point ? zero_point[p] : 0, range.qmin, range.qmax};
    parallel_elements(ctx.kernels, layout.length, 1, [&](int64_t begin, int64_t end) {
      kernels::quantize(x + begin, end - begin, params, y + begin);
    });
  }
}

void run(RunContext& ctx) {
  visit(Storage{}, ctx.outputs[0].dtype, [&]<class T>(T) { quantize<T>(ctx); });
}

OCTAVO_OPERATOR(quantize_linear, {.name = "QuantizeLinear",
                                  .since = 10,
                                  .min_inputs = 2,
                                  .max_inputs = 3,
                                  .attributes = kAttributes,
                                  .infer = infer,
                                  .plan = plan_qdq,
                                  .run = run,
                                  .same_dtype = false,
                                  .layout = LayoutRule::permutable,
                                  .permute = permute_qdq});

}  // namespace

}  // namespace octavo
