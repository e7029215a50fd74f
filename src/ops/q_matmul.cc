// octavo.QMatMul: MatMul of two activations on integers. a, b uint8 as MatMul takes them; a_scale, b_scale float32 and
// a_zero_point, b_zero_point uint8 (or absent), of one element each, which a run may compute; y float32:
// y = Σ (a - a_zero_point)·(b - b_zero_point) · (a_scale · b_scale). b is packed as b - 128 in each run.
#include <algorithm>
#include <limits>

#include "base/error.h"
#include "ops/int8_matrix.h"
#include "ops/int8_weights.h"
#include "ops/kernel_choice.h"
#include "ops/matrix.h"

namespace octavo {

namespace {

enum Input : uint8_t { kA, kB, kScaleA, kZeroPointA, kScaleB, kZeroPointB };

constexpr int32_t kShift = 128;

void infer(InferContext& ctx) {
  require(ctx.dtype(kA) == DType::u8 && ctx.dtype(kB) == DType::u8, ErrorCode::unsupported,
          "octavo.QMatMul takes uint8, not {} and {}", dtype_name(ctx.dtype(kA)), dtype_name(ctx.dtype(kB)));
  ctx.set(0, DType::f32, matmul_shape(ctx.shape(kA), ctx.shape(kB)));
}

struct QMatMulPlan {
  MatrixProducts products;
  const kernels::GemmS8Kernel* kernel;
  uint64_t packed_bytes;
};

StepPlan plan(const PlanContext& ctx) {
  const MatrixProducts s(ctx.shape(kA), ctx.shape(kB));
  require(s.k <= kernels::max_reduction / 2, ErrorCode::unsupported, "sums of {} products are too long", s.k);
  const auto& kernel = choose_gemm_s8(ctx.kernels, kernels::ActivationRange::u8);
  const int n = static_cast<int>(s.n), k = static_cast<int>(s.k);
  const uint64_t packed = packed_size_gemm_s8(kernel, n, k);
  Int8Matrix matrix;
  matrix.weights = packed_view_gemm_s8(kernel, n, k, nullptr);
  const auto m = static_cast<uint64_t>(s.m), columns = static_cast<uint64_t>(s.n);
  return {.state = PlanState(QMatMulPlan{s, &kernel, packed}),
          .workspace = scratch_bytes<int8_t>(columns * static_cast<uint64_t>(s.k)) +
                       scratch_bytes<std::byte>(packed) + scratch_bytes<int32_t>(m) +
                       scratch_bytes<float>(columns) + scratch_bytes<int32_t>(columns) +
                       matrix.workspace(ctx.kernels)};
}

void run(RunContext& ctx) {
  const auto& [s, kernel, packed_bytes] = ctx.planned<QMatMulPlan>();
  if (s.m == 0 || s.n == 0) return;
  const auto zero_point = [&](std::size_t i) {
    return ctx.has(i) ? int32_t{*ctx.inputs[i].as<uint8_t>()} : 0;
  };
  const int32_t zero_a = zero_point(kZeroPointA), zero_b = zero_point(kZeroPointB) - kShift;
  const auto m = static_cast<uint64_t>(s.m), n = static_cast<uint64_t>(s.n),
             elements = n * static_cast<uint64_t>(s.k);
  Scratch scratch(ctx.workspace);
  int8_t* const shifted = scratch.take<int8_t>(elements);
  std::byte* const memory = scratch.take<std::byte>(packed_bytes);
  int32_t* const sums = scratch.take<int32_t>(m);
  float* const scales = scratch.take<float>(n);
  int32_t* const zero_points = scratch.take<int32_t>(n);
  std::fill_n(scales, n, *ctx.inputs[kScaleB].as<float>());
  std::fill_n(zero_points, n, zero_b);

  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  float* y = ctx.outputs[0].as<float>();
  Int8Matrix matrix;
  int64_t packed = -1;
  for (int64_t i = 0; i < s.products; ++i, y += s.m * s.n) {
    const int64_t b_matrix = s.matrix(i, s.b_stride);
    if (b_matrix != packed) {
      const uint8_t* const b = ctx.inputs[kB].as<uint8_t>() + static_cast<uint64_t>(b_matrix) * elements;
      std::transform(b, b + elements, shifted, [](uint8_t q) { return static_cast<int8_t>(q - kShift); });
      matrix.weights = pack_gemm_s8(
          *kernel, kernels::weights_kn<const int8_t>(shifted, static_cast<int>(s.k), static_cast<int>(s.n)),
          memory);
      packed = b_matrix;
    }
    const uint8_t* const a = ctx.inputs[kA].as<uint8_t>() + s.matrix(i, s.a_stride) * s.m * s.k;
    row_sums(ctx.kernels, a, s.m, s.k, &zero_a, 0, sums);
    const kernels::DequantizeF32 epilogue{.a_scale = ctx.inputs[kScaleA].as<float>(),
                                          .a_zero_point = &zero_a,
                                          .row_param_stride = 0,
                                          .w_scale = scales,
                                          .bias = nullptr,
                                          .lo = -kInfinity,
                                          .hi = kInfinity,
                                          .out = y,
                                          .ldc = static_cast<ptrdiff_t>(s.n),
                                          .w_zero_point = zero_points,
                                          .a_sum = sums};
    Scratch rest = scratch;
    matrix.multiply(ctx.kernels, a, s.m, rest, epilogue);
  }
}

int64_t macs(const ShapeContext& ctx) {
  const MatrixProducts s(ctx.shape(kA), ctx.shape(kB));
  return s.products * s.m * s.n * s.k;
}

OCTAVO_OPERATOR(q_matmul, {.name = "octavo.QMatMul",
                           .min_inputs = 5,
                           .max_inputs = 6,
                           .infer = infer,
                           .plan = plan,
                           .run = run,
                           .macs = macs,
                           .same_dtype = false});

}  // namespace

}  // namespace octavo
