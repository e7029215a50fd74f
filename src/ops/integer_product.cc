// MatMulInteger and ConvInteger: y = Σ (a - a_zero_point) · (b - b_zero_point), exact in int32 (beyond it modulo 2^32),
// of uint8 and int8. ONNX MatMulInteger-10, ConvInteger-10. Networks that are quantized dynamically have them between a
// DynamicQuantizeLinear and a Mul by the scales: what passes have not recognised there is computed here.
#include <algorithm>

#include "base/error.h"
#include "kernels/conv/geometry.h"
#include "ops/conv_layer.h"
#include "ops/matrix.h"
#include "ops/operands.h"
#include "ops/parallel.h"
#include "ops/window.h"

namespace octavo {

namespace {

// Inputs a, b, a_zero_point, b_zero_point. A zero_point is one number, or a vector of `a_count` and `b_count` of them.
void check_integers(const InferContext& ctx, int64_t a_count, int64_t b_count) {
  for (std::size_t i = 0; i < 2; ++i) {
    require_dtype(ctx, i, {DType::u8, DType::s8});
    if (!ctx.has(i + 2)) continue;
    require_same_dtype(ctx, i + 2, i);
    const Shape& zero_point = ctx.shape(i + 2);
    const int64_t have = zero_point.rank() == 1 ? zero_point[0] : 1, count = i == 0 ? a_count : b_count;
    require(zero_point.rank() <= 1, ErrorCode::unsupported, "a zero_point of shape {}", zero_point);
    require(have == 1 || have == count || have == kDynamic || count == kDynamic, ErrorCode::invalid_graph,
            "a zero_point of shape {} for {} rows or columns", zero_point, count);
  }
}

// The numbers of an operand less its zero_point.
class Centred {
 public:
  Centred(const RunContext& ctx, std::size_t input) : bytes_(ctx.inputs[input].as<uint8_t>()) {
    sign_ = ctx.inputs[input].dtype == DType::s8 ? 0x80 : 0;
    if (!ctx.has(input + 2)) return;
    zero_points_ = ctx.inputs[input + 2].as<uint8_t>();
    stride_ = ctx.inputs[input + 2].shape.elements() == 1 ? 0 : 1;
  }
  int32_t zero_point(int64_t i) const { return zero_points_ ? zero_points_[i * stride_] ^ sign_ : sign_; }
  // Element `i`, whose zero_point is that.
  uint32_t at(int64_t i, int32_t zero_point) const {
    return static_cast<uint32_t>((bytes_[i] ^ sign_) - zero_point);
  }

 private:
  const uint8_t* bytes_;
  const uint8_t* zero_points_ = nullptr;
  int64_t stride_ = 0;
  int sign_;  // the bit whose flip makes int8 an unsigned number, 128 larger
};

void infer_matmul(InferContext& ctx) {
  const Shape &a = ctx.shape(0), &b = ctx.shape(1);
  const Shape y = matmul_shape(a, b);
  check_integers(ctx, a.rank() > 1 ? a[a.rank() - 2] : 1, b.rank() > 1 ? b[b.rank() - 1] : 1);
  ctx.set(0, DType::s32, y);
}

StepPlan plan_matmul(const PlanContext& ctx) {
  return {.state = PlanState(MatrixProducts(ctx.shape(0), ctx.shape(1)))};
}

void run_matmul(RunContext& ctx) {
  const auto& s = ctx.planned<MatrixProducts>();
  const Centred a(ctx, 0), b(ctx, 1);
  const Shape& a_shape = ctx.inputs[0].shape;
  // Matrices of A that all meet one B are one, but their rows are counted anew.
  const int64_t rows = a_shape.rank() > 1 ? a_shape[a_shape.rank() - 2] : 1;
  for (int64_t product = 0; product < s.products; ++product) {
    const int64_t a_start = s.matrix(product, s.a_stride) * s.m * s.k;
    const int64_t b_start = s.matrix(product, s.b_stride) * s.k * s.n;
    uint32_t* const y = ctx.outputs[0].as<uint32_t>() + product * s.m * s.n;
    parallel_elements(ctx.kernels, s.m, s.k * s.n, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int32_t zero_point = a.zero_point(i % rows);
        uint32_t* const row = y + i * s.n;
        std::fill_n(row, s.n, 0);
        for (int64_t k = 0; k < s.k; ++k) {
          const uint32_t factor = a.at(a_start + i * s.k + k, zero_point);
          for (int64_t j = 0; j < s.n; ++j) row[j] += factor * b.at(b_start + k * s.n + j, b.zero_point(j));
        }
      }
    });
  }
}

int64_t macs(const ShapeContext& ctx) {
  const MatrixProducts s(ctx.shape(0), ctx.shape(1));
  return s.products * s.m * s.n * s.k;
}

void infer_integer_conv(InferContext& ctx) {
  check_integers(ctx, 1, ctx.shape(1).rank() > 0 ? ctx.shape(1)[0] : 1);
  // Input 2 is no bias.
  InferContext operands{ctx.node, ctx.inputs.first(2), ctx.outputs};
  infer_conv(operands, DType::s32);
}

StepPlan plan_conv(const PlanContext& ctx) { return {.state = PlanState(conv_geometry(ctx))}; }

// One output: the window's elements that lie inside of the image.
uint32_t convolve(const kernels::ConvGeometry& g, const Centred& x, const Centred& w, int64_t image,
                  int64_t oc, int64_t oz, int64_t oy, int64_t ox) {
  const int64_t depth = g.group_channels(), first = oc / g.group_outputs() * depth;
  const int32_t x_zero = x.zero_point(0), w_zero = w.zero_point(oc);
  uint32_t sum = 0;
  const int64_t taps = int64_t{g.kd} * g.kh * g.kw;
  for (int64_t tap = 0; tap < taps; ++tap) {
    const int64_t kz = tap / g.kw / g.kh, ky = tap / g.kw % g.kh, kx = tap % g.kw;
    const int64_t iz = oz * g.stride_d + kz * g.dilation_d - g.pad_front;
    const int64_t iy = oy * g.stride_h + ky * g.dilation_h - g.pad_top;
    const int64_t ix = ox * g.stride_w + kx * g.dilation_w - g.pad_left;
    if (iz < 0 || iz >= g.d || iy < 0 || iy >= g.h || ix < 0 || ix >= g.w) continue;
    for (int64_t c = 0; c < depth; ++c)
      sum += x.at((((image * g.c + first + c) * g.d + iz) * g.h + iy) * g.w + ix, x_zero) *
             w.at((oc * depth + c) * taps + tap, w_zero);
  }
  return sum;
}

void run_conv(RunContext& ctx) {
  const auto& g = ctx.planned<kernels::ConvGeometry>();
  const Centred x(ctx, 0), w(ctx, 1);
  uint32_t* const y = ctx.outputs[0].as<uint32_t>();
  const int64_t plane = int64_t{g.od} * g.oh * g.ow;
  parallel_elements(ctx.kernels, int64_t{g.n} * g.oc, plane * g.depth(), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      for (int64_t at = 0; at < plane; ++at)
        y[i * plane + at] =
            convolve(g, x, w, i / g.oc, i % g.oc, at / g.ow / g.oh, at / g.ow % g.oh, at % g.ow);
  });
}

OCTAVO_OPERATOR(matmul_integer, {.name = "MatMulInteger",
                                 .since = 10,
                                 .min_inputs = 2,
                                 .max_inputs = 4,
                                 .infer = infer_matmul,
                                 .plan = plan_matmul,
                                 .run = run_matmul,
                                 .macs = macs,
                                 .same_dtype = false});

OCTAVO_OPERATOR(conv_integer, {.name = "ConvInteger",
                               .since = 10,
                               .min_inputs = 2,
                               .max_inputs = 4,
                               .attributes = kConvAttributes,
                               .infer = infer_integer_conv,
                               .plan = plan_conv,
                               .run = run_conv,
                               .macs = conv_macs,
                               .same_dtype = false});

}  // namespace

}  // namespace octavo
