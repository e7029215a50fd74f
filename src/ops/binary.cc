// Add, Sub, Mul, Div (float32, int32, int64) with broadcasting. ONNX opset 7 to 14.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "kernels/eltwise/binary.h"
#include "ops/broadcast.h"
#include "ops/operands.h"
#include "ops/parallel.h"

namespace octavo {

namespace {

using kernels::BinaryOp;

using Numbers = Types<float, int32_t, int64_t>;

void infer(InferContext& ctx) {
  require_dtype(ctx, 0, Numbers{});
  require_same_dtype(ctx, 0, 1);
  Shape out = broadcast_shapes(ctx.shape(0), ctx.shape(1));
  ctx.set(0, ctx.dtype(0), out);
}

kernels::BinaryRow row_function(BinaryOp op, DType dtype) {
  kernels::BinaryRow row = nullptr;
  visit(Numbers{}, dtype, [&]<class T>(T) { row = kernels::binary_row<T>(op); });
  return row;
}

bool contains_zero(const TensorView& integers) {
  bool found = false;
  visit(Types<int32_t, int64_t>{}, integers.dtype,
        [&]<class T>(T) { found = std::ranges::count(integers.span<T>(), T{0}) > 0; });
  return found;
}

void compute(RunContext& ctx, BinaryOp op) {
  const TensorView &a = ctx.inputs[0], &b = ctx.inputs[1], &out = ctx.outputs[0];
  if (op == BinaryOp::div && a.dtype != DType::f32)
    require(!contains_zero(b), ErrorCode::invalid_input, "divides integers of shape ", a.shape, " by zero");
  const Clamp& activation = ctx.node.lowered.clamp;
  const kernels::Clamp clamp{activation.low, activation.high};
  const bool clamps = a.dtype == DType::f32 && (std::isfinite(clamp.lo) || std::isfinite(clamp.hi));
  const kernels::BinaryRow row = row_function(op, a.dtype);
  parallel_box<3>(ctx.kernels, ctx.planned<kernels::StridedBox<3>>(), {a.data, b.data, out.data},
                  [&](const auto& piece, const auto& at) {
                    kernels::binary(piece, row, at[0], at[1], at[2], clamps ? &clamp : nullptr);
                  });
}

template <BinaryOp op> void run(RunContext& ctx) { compute(ctx, op); }

template <BinaryOp op> constexpr OpDef define(std::string_view name, QuantRule quant = {}) {
  return {.name = name,
          .min_inputs = 2,
          .max_inputs = 2,
          .infer = infer,
          .plan = plan_broadcast,
          .run = run<op>,
          .commutes = op == BinaryOp::add || op == BinaryOp::mul,
          .clamps_output = true,
          .layout = LayoutRule::elementwise,
          .quant = quant};
}

constexpr IntegerForm kAddForm[] = {{DType::u8, DType::s8, DType::u8, "octavo.QAdd"}};
constexpr IntegerForm kMulForm[] = {{DType::u8, DType::s8, DType::u8, "octavo.QMul"}};

OCTAVO_OPERATOR(add, define<BinaryOp::add>("Add", requantized(kAddForm)));
OCTAVO_OPERATOR(sub, define<BinaryOp::sub>("Sub"));
OCTAVO_OPERATOR(mul, define<BinaryOp::mul>("Mul", requantized(kMulForm)));
OCTAVO_OPERATOR(div, define<BinaryOp::div>("Div"));

}  // namespace

}  // namespace octavo
