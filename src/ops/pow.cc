// Pow (base and exponent of any numeric types, independently) with broadcasting. ONNX Pow-7 … Pow-15.
#include <cmath>

#include "kernels/eltwise/binary.h"
#include "ops/broadcast.h"
#include "ops/elements.h"
#include "ops/operands.h"

namespace octavo {

namespace {

void infer(InferContext& ctx) {
  for (std::size_t i : {0, 1}) require_kind(ctx, i, kNumber);
  const Shape out = broadcast_shapes(ctx.shape(0), ctx.shape(1));
  ctx.set(0, ctx.dtype(0), out);
}

// A lone exponent of 2 is a product, also where its value is known only now.
bool is_square(const TensorView& base, const TensorView& exponent) {
  return base.dtype == DType::f32 && exponent.dtype == DType::f32 && exponent.shape.elements() == 1 &&
         exponent.as<float>()[0] == 2.0f && exponent.shape.rank() <= base.shape.rank();
}

constexpr unsigned kU64Base = 1, kU64Exponent = 2;

// Exact, modulo the range of the base; a negative exponent gives the integer part.
int64_t integer_power(int64_t a, int64_t b, unsigned how) {
  if (b < 0 && !(how & kU64Exponent)) {
    if (a == -1 && !(how & kU64Base)) return b % 2 == 0 ? 1 : -1;
    return a == 1;
  }
  uint64_t result = 1, factor = static_cast<uint64_t>(a);
  for (auto rest = static_cast<uint64_t>(b); rest > 0; rest >>= 1, factor *= factor)
    if (rest & 1) result *= factor;
  return static_cast<int64_t>(result);
}

double power(double a, double b, unsigned) { return kernels::power(a, b); }

// What is truncated to an integer is rounded before, unless it is exact.
double rounded_power(double a, double b, unsigned) {
  const double y = kernels::power(a, b);
  return b == std::trunc(b) ? y : static_cast<float>(y);
}

void run(RunContext& ctx) {
  const TensorView &base = ctx.inputs[0], &exponent = ctx.inputs[1], &out = ctx.outputs[0];
  kernels::StridedBox<3> box = ctx.planned<kernels::StridedBox<3>>();
  if (is_square(base, exponent)) {
    for (auto& [a, b, y] : box.steps) b = a;
    kernels::binary(box, kernels::binary_row(kernels::BinaryOp::mul), base.data, base.data, out.data,
                    nullptr);
  } else if (is_float(base.dtype) || is_float(exponent.dtype)) {
    compute_elements(ctx.kernels, box, base, exponent, out, is_float(base.dtype) ? power : rounded_power, 0);
  } else {
    const unsigned how =
        (base.dtype == DType::u64 ? kU64Base : 0) | (exponent.dtype == DType::u64 ? kU64Exponent : 0);
    compute_elements(ctx.kernels, box, base, exponent, out, integer_power, how);
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
