// DFT (float32): the discrete Fourier transform along an axis, and back. ONNX DFT-20, axis as an input.
#include <algorithm>

#include "base/error.h"
#include "ops/fourier.h"
#include "ops/operands.h"

namespace octavo {

namespace {

constexpr AttrDef kAttributes[] = {{"inverse", AttrKind::integer}, {"onesided", AttrKind::integer}};

int axis_of(const Operand& axis, const Shape& x) {
  const int a = normalize_axis(known_int(axis).value_or(-2), x.rank());
  require(a < x.rank() - 1, ErrorCode::invalid_graph, "axis {} of {} is that of complex numbers", a, x);
  return a;
}

Operand operand(std::span<const Operand> inputs, std::size_t i) {
  return i < inputs.size() ? inputs[i] : Operand{};
}

void infer(InferContext& ctx) {
  require_dtype(ctx, 0, Types<float>{});
  Shape x = ctx.shape(0);
  require(x.rank() >= 2, ErrorCode::invalid_graph, "input {} has no axis to transform", x);
  int64_t& parts = x[x.rank() - 1];
  require(parts == 1 || parts == 2 || parts == kDynamic, ErrorCode::invalid_graph,
          "the numbers of {} have neither one part nor two", x);
  if (ctx.has(2) && ctx.inputs[2].known == nullptr)
    return ctx.set(0, DType::f32, Shape(Dims(x.rank(), kDynamic)));
  int64_t& n = x[axis_of(operand(ctx.inputs, 2), x)];
  if (ctx.has(1)) {
    n = known_int(ctx.inputs[1]).value_or(kDynamic);
    require(n > 0 || ctx.inputs[1].known == nullptr, ErrorCode::invalid_graph, "dft_length is {}", n);
  }
  if (n > 0 && ctx.attrs().get_int("onesided", 0) != 0) n = n / 2 + 1;
  parts = 2;
  ctx.set(0, DType::f32, x);
}

struct DftPlan {
  int64_t n, outer, inner;
  int axis;
  bool inverse;
};

StepPlan plan(const PlanContext& ctx) {
  const Shape& x = ctx.shape(0);
  const int axis = axis_of(operand(ctx.inputs, 2), x);
  const int64_t n = known_int(operand(ctx.inputs, 1)).value_or(x[axis]);
  const DftPlan plan{n, x.elements(0, axis), x.elements(axis + 1, x.rank() - 1), axis,
                     ctx.attrs().get_int("inverse", 0) != 0};
  return {.state = PlanState(plan), .workspace = Fourier::scratch(n)};
}

void run(RunContext& ctx) {
  const auto& [n, outer, inner, axis, inverse] = ctx.planned<DftPlan>();
  const TensorView &x = ctx.inputs[0], &y = ctx.outputs[0];
  if (y.shape.elements() == 0) return;
  Scratch scratch(ctx.workspace);
  const Fourier fourier(n, inverse, scratch);
  const int64_t parts = x.shape[x.shape.rank() - 1], length = x.shape[axis], bins = y.shape[axis];
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t i = 0; i < inner; ++i) {
      const float* from = x.as<float>() + (o * length * inner + i) * parts;
      for (int64_t k = 0; k < n; ++k, from += inner * parts)
        fourier.input()[k] = k < length ? Complex{from[0], parts > 1 ? from[1] : 0.0} : Complex{0, 0};
      const Complex* const line = fourier.transform();
      float* to = y.as<float>() + (o * bins * inner + i) * 2;
      for (int64_t k = 0; k < bins; ++k, to += inner * 2) {
        to[0] = static_cast<float>(line[k].re);
        to[1] = static_cast<float>(line[k].im);
      }
    }
}

OCTAVO_OPERATOR(dft, {.name = "DFT",
                      .since = 17,
                      .max_inputs = 3,
                      .attributes = kAttributes,
                      .infer = infer,
                      .plan = plan,
                      .run = run,
                      .computes_f32 = true,
                      .shape_operands = 1 << 1 | 1 << 2});

}  // namespace

}  // namespace octavo
