// octavo.DynamicInt4Gemm: DynamicQuantizeLinear → Gemm or MatMul with weights of 4 bits → float, in one.
// x float32 [… , k], w a constant [k, n] (or [n, k] with "transB") that is_int4_matrix, bias float32 [n] or absent,
// y float32 [… , n]. The notes are those of the DynamicQuantizeLinear. octavo.Int4Gemm: the same with x as it is. Its
// weights become floats a few columns at a time, so that they take a seventh (blocks of 128) to a fifth (of 32) of the
// memory of floats, and y is the bits of a product of floats.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "graph/qdq.h"
#include "ops/dynamic_product.h"
#include "ops/int4_matrix.h"
#include "ops/kernel_choice.h"
#include "ops/parallel.h"
#include "ops/thread_workspaces.h"

namespace octavo {

namespace {

int lowest(DType dtype) { return dtype == DType::s8 ? -8 : 0; }

// Where the integers lie that an Int4Matrix is made of, and which the scales are.
template <class Byte>
kernels::WeightsS4<Byte> int4_view(Byte* integers, const ProductSizes& s, DType dtype, const QParams* q) {
  const bool by_row = s.channel_axis == 0;
  const auto n = static_cast<ptrdiff_t>(s.n), k = static_cast<ptrdiff_t>(s.k);
  kernels::WeightsS4<Byte> w{integers,
                             static_cast<int>(n),
                             static_cast<int>(k),
                             by_row ? k : 1,
                             by_row ? 1 : n,
                             lowest(dtype),
                             nullptr,
                             nullptr,
                             q != nullptr && !q->per_tensor(),
                             0,
                             std::max<ptrdiff_t>(k, 1)};
  if (q == nullptr) return w;
  w.scale = q->scale.data();
  w.zero_point = q->zero_point.data();
  if (!q->blocked()) return w;
  w.block = q->block;
  w.scale_stride_n = by_row ? (k + q->block - 1) / q->block : 1;
  w.scale_stride_b = by_row ? 1 : n;
  return w;
}

struct Int4Matrix : Prepared {
  Buffer memory;
  kernels::PackedGemmS4 weights;
  ProductSizes sizes;
  DType dtype;

  explicit Int4Matrix(const ProductSizes& sizes) : sizes(sizes) {}
  bool can_unpack(std::size_t input) const override { return input == 1; }
  void unpack(std::size_t, const TensorView& elements) const override {
    unpack_gemm_s4(weights, int4_view(elements.as<uint8_t>(), sizes, dtype, nullptr));
  }
};

void infer(InferContext& ctx) {
  require(ctx.dtype(0) == DType::f32 && (!ctx.has(2) || ctx.dtype(2) == DType::f32), ErrorCode::unsupported,
          "products with weights of 4 bits take float32");
  integer_range(ctx.node.notes, DType::u8);
  infer_product(ctx, DType::f32);
}

std::shared_ptr<const Prepared> prepare(const PrepareContext& ctx) {
  const ProductSizes s(ctx.node.attrs, {1}, ctx.input(1).shape.value());
  const Value& value = ctx.input(1);
  const QParams q = ctx.input_qparams(1);
  require(value.is_constant() && is_int4_matrix(*value.constant, q, s.channel_axis), ErrorCode::invalid_graph,
          "weights '{}' are not a constant of 4 bits with scales", value.name);
  auto matrix = std::make_shared<Int4Matrix>(s);
  matrix->dtype = *value.dtype;
  const auto view = int4_view(value.constant->view().as<const uint8_t>(), s, matrix->dtype, &q);
  matrix->memory =
      Buffer(kernels::packed_size_gemm_s4(view.n, view.k, kernels::block_gemm_s4(view.block, view.k)));
  matrix->weights = pack_gemm_s4(choose_gemm_s4(ctx.kernels), view, matrix->memory.data());
  return matrix;
}

kernels::BiasClampF32 epilogue(const RunContext& ctx, const ProductSizes& s) {
  const Clamp& activation = ctx.node.lowered.clamp;
  return {ctx.has(2) ? ctx.inputs[2].as<float>() : ctx.node.lowered.added(), activation.low, activation.high,
          ctx.outputs[0].as<float>(), static_cast<ptrdiff_t>(s.n)};
}

StepPlan plan_dynamic(const PlanContext& ctx) {
  const ProductSizes s(ctx.attrs(), ctx.shape(0), ctx.shape(1));
  const auto& weights = ctx.prepared<Int4Matrix>().weights;
  return {.state = PlanState(s),
          .workspace =
              quantized_rows_bytes(s.m, s.k) +
              workspace_of_threads(ctx.kernels, workspace_bytes_gemm_s4(weights, static_cast<int>(s.m)))};
}

void run_dynamic(RunContext& ctx) {
  const auto& s = ctx.planned<ProductSizes>();
  const auto& weights = ctx.prepared<Int4Matrix>().weights;
  const auto m = static_cast<int>(s.m);
  const auto k = static_cast<ptrdiff_t>(s.k);
  if (m == 0) return;
  Scratch scratch(ctx.workspace);
  const QuantizedRows x =
      quantize_rows(ctx.kernels, {ctx.inputs[0].as<float>(), k, m}, k, ctx.node.notes, scratch);
  const ThreadWorkspaces memory(scratch, workspace_bytes_gemm_s4(weights, m));
  parallel_product(ctx.kernels, m, weights, epilogue(ctx, s),
                   [&](const auto& b, const auto& e, const ProductPiece& piece) {
                     const int64_t first = piece.row * x.by_row;
                     gemm_s4(b,
                             {x.integers + piece.row * k, k, static_cast<int>(piece.rows), x.scale + first,
                              x.zero_point + first, x.by_row, memory[piece.thread]},
                             shifted(e, piece.row, 0));
                   });
}

// Columns that are floats at a time: one row is multiplied by 32.
int columns_at_once(int64_t m) { return m == 1 ? 32 : 16; }
uint64_t float_columns_bytes(const ProductSizes& s) {
  return static_cast<uint64_t>(s.k * columns_at_once(s.m)) * sizeof(float);
}

StepPlan plan_floats(const PlanContext& ctx) {
  const ProductSizes s(ctx.attrs(), ctx.shape(0), ctx.shape(1));
  return {.state = PlanState(s), .workspace = workspace_of_threads(ctx.kernels, float_columns_bytes(s))};
}

void run_floats(RunContext& ctx) {
  const auto& s = ctx.planned<ProductSizes>();
  const auto& kernel = choose_gemm_f32(ctx.kernels);
  const float* const x = ctx.inputs[0].as<float>();
  const auto k = static_cast<ptrdiff_t>(s.k);
  Scratch scratch(ctx.workspace);
  const ThreadWorkspaces memory(scratch, float_columns_bytes(s));
  parallel_product(ctx.kernels, s.m, ctx.prepared<Int4Matrix>().weights, epilogue(ctx, s),
                   [&](const auto& b, const auto& e, const ProductPiece& piece) {
                     auto* const floats = static_cast<float*>(memory[piece.thread]);
                     const int step = columns_at_once(s.m);
                     for (int n = 0; n < b.n; n += step) {
                       const int columns = std::min(step, b.n - n);
                       for (int column = 0; column < columns; column += 16)
                         unpack_panel_f32(b, (n + column) / 16, floats + column * k);
                       gemm_f32({&kernel, columns, static_cast<int>(k), floats},
                                {x + piece.row * k, k, static_cast<int>(piece.rows)},
                                shifted(e, piece.row, n));
                     }
                   });
}

constexpr OpDef definition(std::string_view name, decltype(OpDef::plan) plan, decltype(OpDef::run) run) {
  return {.name = name,
          .min_inputs = 2,
          .max_inputs = 3,
          .infer = infer,
          .prepare = prepare,
          .plan = plan,
          .run = run,
          .macs = product_macs,
          .clamps_output = true,
          .adds_bias = true};
}

OCTAVO_OPERATOR(dynamic_int4_gemm, definition("octavo.DynamicInt4Gemm", plan_dynamic, run_dynamic));
OCTAVO_OPERATOR(int4_gemm, definition("octavo.Int4Gemm", plan_floats, run_floats));

}  // namespace

bool is_int4_matrix(const Tensor& w, const QParams& q, int channel_axis) {
  const auto is_usable = [](float s) { return s > 0 && std::isfinite(s); };
  const bool is_byte = w.dtype() == DType::s8 || w.dtype() == DType::u8;
  if (!is_byte || w.shape().rank() != 2 || q.per_tensor() || !std::ranges::all_of(q.scale, is_usable))
    return false;
  const int64_t k = w.shape()[1 - channel_axis], n = w.shape()[channel_axis];
  const int64_t blocks = q.blocked() ? (k + q.block - 1) / q.block : 1;
  const bool fits = q.axis == (q.blocked() ? 1 - channel_axis : channel_axis) &&
                    std::ssize(q.scale) == n * blocks && q.zero_point.size() == q.scale.size() &&
                    (!q.blocked() || kernels::block_gemm_s4(q.block, static_cast<int>(k)) > 0);
  const auto* const bytes = w.view().as<uint8_t>();
  return fits && std::all_of(bytes, bytes + w.shape().elements(),
                             [low = lowest(w.dtype())](uint8_t b) { return uint8_t(b - low) < 16; });
}

}  // namespace octavo
