// Pow (base and exponent float32, int32 or int64, independently) with broadcasting. ONNX Pow-7 … Pow-15.
#include "kernels/eltwise/binary.h"
#include "ops/broadcast.h"
#include "ops/operands.h"

namespace octavo {

namespace {

using Numbers = Types<float, int32_t, int64_t>;

void infer(InferContext& ctx) {
  for (std::size_t i : {0, 1}) require_dtype(ctx, i, Numbers{});
  Shape out = broadcast_shapes(ctx.shape(0), ctx.shape(1));
  ctx.set(0, ctx.dtype(0), out);
}

kernels::BinaryRow row_function(DType base, DType exponent) {
  kernels::BinaryRow row = nullptr;
  visit(Numbers{}, base, [&]<class Base>(Base) {
    visit(Numbers{}, exponent, [&]<class Exponent>(Exponent) { row = kernels::pow_row<Base, Exponent>(); });
  });
  return row;
}

// A lone exponent of 2 is a product, also where its value is known only now.
bool is_square(const TensorView& base, const TensorView& exponent) {
  return base.dtype == DType::f32 && exponent.dtype == DType::f32 && exponent.shape.elements() == 1 &&
         exponent.as<float>()[0] == 2.0f && exponent.shape.rank() <= base.shape.rank();
}

void run(RunContext& ctx) {
  const TensorView &base = ctx.inputs[0], &exponent = ctx.inputs[1], &out = ctx.outputs[0];
  kernels::StridedBox<3> box = ctx.planned<kernels::StridedBox<3>>();
  if (is_square(base, exponent)) {
    for (auto& [a, b, y] : box.steps) b = a;
    kernels::binary(box, kernels::binary_row<float>(kernels::BinaryOp::mul), base.data, base.data, out.data,
                    nullptr);
  } else {
    kernels::binary(box, row_function(base.dtype, exponent.dtype), base.data, exponent.data, out.data,
                    nullptr);
  }
}

OCTAVO_OPERATOR(pow, {.name = "Pow",
                      .min_inputs = 2,
                      .max_inputs = 2,
                      .infer = infer,
                      .plan = plan_broadcast,
                      .run = run,
                      .layout = LayoutRule::elementwise});

}  // namespace

}  // namespace octavo
