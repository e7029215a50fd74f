// octavo.QAdd and octavo.QMul: sum and product of two uint8 tensors with numpy's broadcasting; see
// kernels/eltwise_s8/eltwise_s8.h for the equations.
#include <algorithm>

#include "base/error.h"
#include "kernels/eltwise_s8/eltwise_s8.h"
#include "ops/activation_params.h"
#include "ops/broadcast.h"
#include "ops/operands.h"
#include "ops/parallel.h"

namespace octavo {

namespace {

struct PreparedEltwise : Prepared {
  kernels::EltwiseU8 params;
  decltype(&kernels::add_u8) compute;
};

void infer(InferContext& ctx) {
  require(ctx.dtype(0) == DType::u8 && ctx.dtype(1) == DType::u8, ErrorCode::unsupported,
          "{} takes uint8, not {} and {}", ctx.node.op->name, dtype_name(ctx.dtype(0)),
          dtype_name(ctx.dtype(1)));
  const Shape out = broadcast_shapes(ctx.shape(0), ctx.shape(1));
  ctx.set(0, DType::u8, out);
}

struct Multipliers {
  float a, b;
};

// Computed in float64 and rounded to float32 once. Where both overflow only their ratio tells which sums are above 0
// and which below, and a larger one that is 2^14 times the smaller always prevails.
Multipliers of_sum(double a, double b) {
  const double shrink = std::min(1.0, 0x1p96 / std::min(a, b));
  const auto bounded = [=](double m) { return static_cast<float>(std::min(m * shrink, 0x1p110)); };
  return {bounded(a), bounded(b)};
}

std::shared_ptr<const Prepared> prepare(const PrepareContext& ctx, bool is_product) {
  const ActivationParams a = input_params(ctx, 0), b = input_params(ctx, 1);
  const ActivationParams y = output_params(ctx);
  auto prepared = std::make_shared<PreparedEltwise>();
  prepared->compute = is_product ? kernels::mul_u8 : kernels::add_u8;
  const Multipliers multipliers = is_product
                                      ? Multipliers{to_multiplier(double(a.scale) * b.scale / y.scale), 0}
                                      : of_sum(double(a.scale) / y.scale, double(b.scale) / y.scale);
  prepared->params = {a.zero_point, b.zero_point, y.zero_point, y.qmin, y.qmax, multipliers.a, multipliers.b};
  return prepared;
}

std::shared_ptr<const Prepared> prepare_add(const PrepareContext& ctx) { return prepare(ctx, false); }
std::shared_ptr<const Prepared> prepare_mul(const PrepareContext& ctx) { return prepare(ctx, true); }

void run(RunContext& ctx) {
  const TensorView &a = ctx.inputs[0], &b = ctx.inputs[1], &out = ctx.outputs[0];
  const auto& prepared = ctx.prepared<PreparedEltwise>();
  const auto u8 = [](std::byte* data) { return reinterpret_cast<uint8_t*>(data); };
  parallel_box<3>(ctx.kernels, ctx.planned<kernels::StridedBox<3>>(), {a.data, b.data, out.data},
                  [&](const auto& piece, const auto& at) {
                    prepared.compute(prepared.params, piece, u8(at[0]), u8(at[1]), u8(at[2]));
                  });
}

OCTAVO_OPERATOR(q_add, {.name = "octavo.QAdd",
                        .min_inputs = 2,
                        .max_inputs = 2,
                        .infer = infer,
                        .prepare = prepare_add,
                        .plan = plan_broadcast,
                        .run = run,
                        .layout = LayoutRule::elementwise});

OCTAVO_OPERATOR(q_mul, {.name = "octavo.QMul",
                        .min_inputs = 2,
                        .max_inputs = 2,
                        .infer = infer,
                        .prepare = prepare_mul,
                        .plan = plan_broadcast,
                        .run = run,
                        .layout = LayoutRule::elementwise});

}  // namespace

}  // namespace octavo
