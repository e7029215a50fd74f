// MatMul (float32; integers of 32 and 64 bits, which wrap around), numpy's matmul. ONNX MatMul-1 … MatMul-13.
#include <algorithm>

#include "base/error.h"
#include "ops/elements.h"
#include "ops/int4_matrix.h"
#include "ops/matrix.h"
#include "ops/operands.h"
#include "ops/scratch.h"

namespace octavo {

namespace {

void infer(InferContext& ctx) {
  require_dtype(ctx, 0, Types<float, int32_t, int64_t, uint32_t, uint64_t>{});
  require_same_dtype(ctx, 0, 1);
  ctx.set(0, ctx.dtype(0), matmul_shape(ctx.shape(0), ctx.shape(1)));
}

std::shared_ptr<const Prepared> prepare(const PrepareContext& ctx) {
  const Tensor* const b = ctx.constant(1);
  return b && b->dtype() == DType::f32 && b->shape().rank() == 2
             ? pack_constant_matrix(ctx.kernels, *b, false)
             : nullptr;
}

StepPlan plan(const PlanContext& ctx) {
  const MatrixProducts s(ctx.shape(0), ctx.shape(1));
  return {.state = PlanState(s),
          .workspace = ctx.node.prepared || ctx.dtype(0) != DType::f32
                           ? 0
                           : packed_matrix_bytes(ctx.kernels, s.k, s.n)};
}

void multiply_integers(const MatrixProducts& s, const TensorView& a, const TensorView& b,
                       const TensorView& y) {
  int64_t factor, factors[kChunk], sums[kChunk];
  for (int64_t row = 0; row < s.products * s.m; ++row) {
    const int64_t a_row = s.matrix(row / s.m, s.a_stride) * s.m + row % s.m;
    const int64_t b_first = s.matrix(row / s.m, s.b_stride) * s.k;
    for (int64_t column = 0; column < s.n; column += kChunk) {
      const int64_t count = std::min(kChunk, s.n - column);
      std::fill_n(sums, count, 0);
      for (int64_t k = 0; k < s.k; ++k) {
        load_elements(a, a_row * s.k + k, 1, &factor);
        load_elements(b, (b_first + k) * s.n + column, count, factors);
        for (int64_t i = 0; i < count; ++i)
          sums[i] = static_cast<int64_t>(static_cast<uint64_t>(sums[i]) +
                                         static_cast<uint64_t>(factor) * static_cast<uint64_t>(factors[i]));
      }
      store_elements(sums, y, row * s.n + column, count);
    }
  }
}

void run(RunContext& ctx) {
  const auto& s = ctx.planned<MatrixProducts>();
  if (ctx.inputs[0].dtype != DType::f32)
    return multiply_integers(s, ctx.inputs[0], ctx.inputs[1], ctx.outputs[0]);
  const Clamp& activation = ctx.node.lowered.clamp;
  const float *const a = ctx.inputs[0].as<float>(), *const bias = ctx.node.lowered.added();
  float* y = ctx.outputs[0].as<float>();
  const auto next_product = [&](const kernels::PackedGemmF32& weights, int64_t a_matrix) {
    multiply(ctx.kernels, weights,
             {a + a_matrix * s.m * s.k, static_cast<ptrdiff_t>(s.k), static_cast<int>(s.m)},
             {bias, activation.low, activation.high, y, static_cast<ptrdiff_t>(s.n)});
    y += s.m * s.n;
  };
  if (ctx.node.prepared) return next_product(ctx.prepared<PackedMatrix>().weights, 0);
  kernels::PackedGemmF32 weights;
  int64_t packed = -1;
  for (int64_t i = 0; i < s.products; ++i) {
    const int64_t b_matrix = s.matrix(i, s.b_stride);
    if (b_matrix != packed)
      weights = pack_matrix(ctx.kernels, ctx.inputs[1].as<float>() + b_matrix * s.k * s.n, s.k, s.n, false,
                            ctx.workspace.data());
    packed = b_matrix;
    next_product(weights, s.matrix(i, s.a_stride));
  }
}

int64_t macs(const ShapeContext& ctx) {
  const MatrixProducts s(ctx.shape(0), ctx.shape(1));
  return s.products * s.m * s.n * s.k;
}

int channel_axis(const Graph&, const Node&) { return 1; }

std::string obstacle(const Graph& graph, const Node& node) {
  const auto& b = graph[node.inputs[1]].shape;
  if (b && b->rank() != 2) return text("its weights have the shape {} and not that of a matrix", *b);
  if (b && (*b)[0] > kernels::max_reduction) return "its reduction is too deep for int32 accumulators";
  return {};
}

constexpr IntegerForm kForms[] = {{DType::u8, DType::s8, DType::u8, "octavo.QGemm"},
                                  {DType::u8, DType::s8, DType::f32, "octavo.QGemmToFloat"},
                                  {DType::f32, DType::s8, DType::f32, "octavo.DynamicQGemm"}};

OCTAVO_OPERATOR(matmul, {.name = "MatMul",
                         .min_inputs = 2,
                         .max_inputs = 2,
                         .infer = infer,
                         .prepare = prepare,
                         .plan = plan,
                         .run = run,
                         .macs = macs,
                         .computes_f32 = true,
                         .clamps_output = true,
                         .adds_bias = true,
                         .quant = {.inputs = kWeighted,
                                   .result = ResultRole::activation,
                                   .forms = kForms,
                                   .four_bits = &kFourBitGemm,
                                   .weight_axis = channel_axis,
                                   .rows = ProductRows::last_axis,
                                   .by_row = true,
                                   .obstacle = obstacle}});

}  // namespace

}  // namespace octavo
