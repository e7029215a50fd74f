// Gemm (float32): Y = clamp(alpha · A' · B' + beta · C). ONNX Gemm-7 … Gemm-13.
#include "base/error.h"
#include "ops/channel_order.h"
#include "ops/int4_matrix.h"
#include "ops/matrix.h"
#include "ops/scratch.h"

namespace octavo {

namespace {

constexpr AttrDef kAttributes[] = {{"alpha", AttrKind::real},
                                   {"beta", AttrKind::real},
                                   {"transA", AttrKind::integer},
                                   {"transB", AttrKind::integer}};

bool flag(const Attrs& attrs, Name name) { return attrs.get_int(name, 0) != 0; }

// Y is [m, n], the reduction runs over k.
struct Sizes {
  int64_t m, n, k;
  bool trans_a, trans_b;

  Sizes(const Attrs& attrs, const Shape& a, const Shape& b)
      : trans_a(flag(attrs, "transA")), trans_b(flag(attrs, "transB")) {
    m = a[trans_a ? 1 : 0];
    k = a[trans_a ? 0 : 1];
    n = b[trans_b ? 0 : 1];
  }
};

void infer(InferContext& ctx) {
  require_float_inputs(ctx);
  const Shape &a = ctx.shape(0), &b = ctx.shape(1);
  require(a.rank() == 2 && b.rank() == 2, ErrorCode::invalid_graph, "Gemm takes matrices, not {} and {}", a,
          b);
  const Sizes s(ctx.attrs(), a, b);
  const int64_t rows_b = b[s.trans_b ? 1 : 0];
  require(s.k == rows_b || s.k == kDynamic || rows_b == kDynamic, ErrorCode::invalid_graph,
          "shapes {}{} and {}{} have no matrix product", a, s.trans_a ? " (transposed)" : "", b,
          s.trans_b ? " (transposed)" : "");
  const Shape out{s.m, s.n};
  if (ctx.has(2)) {
    require(ctx.dtype(2) == DType::f32, ErrorCode::unsupported, "Gemm takes float32, not a C of {}",
            dtype_name(ctx.dtype(2)));
    const Shape& c = ctx.shape(2);
    require(c.rank() <= 2, ErrorCode::invalid_graph, "C {} does not broadcast to {}", c, out);
    for (int i = 1; i <= c.rank(); ++i) {
      const int64_t have = c[c.rank() - i], want = out[2 - i];
      require(have == 1 || have == want || have == kDynamic || want == kDynamic, ErrorCode::invalid_graph,
              "C {} does not broadcast to {}", c, out);
    }
  }
  ctx.set(0, DType::f32, out);
}

std::shared_ptr<const Prepared> prepare(const PrepareContext& ctx) {
  const Tensor* const b = ctx.constant(1);
  return b ? pack_constant_matrix(ctx.kernels, *b, flag(ctx.node.attrs, "transB")) : nullptr;
}

struct GemmPlan {
  Sizes sizes;
  float alpha, beta;
};

StepPlan plan(const PlanContext& ctx) {
  const Sizes s(ctx.attrs(), ctx.shape(0), ctx.shape(1));
  const uint64_t transposed_a = s.trans_a ? scratch_bytes<float>(s.m * s.k) : 0;
  const uint64_t packed_b =
      ctx.node.prepared ? 0 : scratch_bytes<std::byte>(packed_matrix_bytes(ctx.kernels, s.k, s.n));
  return {
      .state = PlanState(GemmPlan{s, ctx.attrs().get_float("alpha", 1), ctx.attrs().get_float("beta", 1)}),
      .workspace = transposed_a + packed_b};
}

// C is added by the kernel when it has one value a column: [n] or [1, n].
bool is_column_vector(const Shape& c, int64_t n) {
  return c.rank() >= 1 && c[c.rank() - 1] == n && c.elements() == n;
}

// y = clamp(alpha * y + beta * c), c broadcast to [m, n] or null.
void combine(float* y, const Sizes& s, float alpha, float beta, const float* c, const Shape& c_shape,
             const Clamp& activation) {
  const bool by_column = c_shape.rank() >= 1 && c_shape[c_shape.rank() - 1] != 1;
  const bool by_row = c_shape.rank() == 2 && c_shape[0] != 1;
  const int64_t column_stride = by_column, row_stride = by_row ? c_shape[1] : 0;
  for (int64_t i = 0; i < s.m; ++i)
    for (int64_t j = 0; j < s.n; ++j, ++y) {
      float value = alpha * *y;
      if (c != nullptr) value += beta * c[i * row_stride + j * column_stride];
      value = value < activation.low ? activation.low : value;
      *y = activation.high < value ? activation.high : value;
    }
}

void run(RunContext& ctx) {
  const auto& [s, alpha, beta] = ctx.planned<GemmPlan>();
  const Clamp& activation = ctx.node.lowered.clamp;
  Scratch scratch(ctx.workspace);
  const float* a = ctx.inputs[0].as<float>();
  if (s.trans_a) {
    float* const rows = scratch.take<float>(s.m * s.k);
    swap_axes(a, rows, 1, s.k, s.m);
    a = rows;
  }
  const auto weights = ctx.node.prepared
                           ? ctx.prepared<PackedMatrix>().weights
                           : pack_matrix(ctx.kernels, ctx.inputs[1].as<float>(), s.k, s.n, s.trans_b,
                                         scratch.take<std::byte>(packed_matrix_bytes(ctx.kernels, s.k, s.n)));
  const auto row_length = static_cast<ptrdiff_t>(s.n);
  const float* const c = ctx.has(2) && beta != 0 ? ctx.inputs[2].as<float>() : nullptr;
  float* const y = ctx.outputs[0].as<float>();
  const kernels::GemmF32Args args{a, static_cast<ptrdiff_t>(s.k), static_cast<int>(s.m)};
  if (alpha == 1 && (c == nullptr || (beta == 1 && is_column_vector(ctx.inputs[2].shape, s.n)))) {
    multiply(ctx.kernels, weights, args, {c, activation.low, activation.high, y, row_length});
  } else {
    const Clamp none;
    multiply(ctx.kernels, weights, args, {nullptr, none.low, none.high, y, row_length});
    combine(y, s, alpha, beta, c, c ? ctx.inputs[2].shape : Shape(), activation);
  }
}

int64_t macs(const ShapeContext& ctx) {
  const Sizes s(ctx.attrs(), ctx.shape(0), ctx.shape(1));
  return s.m * s.n * s.k;
}

int channel_axis(const Graph&, const Node& node) { return flag(node.attrs, "transB") ? 0 : 1; }

std::string obstacle(const Graph& graph, const Node& node) {
  if (flag(node.attrs, "transA")) return "its first operand is transposed";
  if (node.attrs.get_float("alpha", 1) != 1) return "its alpha is not 1";
  const auto& b = graph[node.inputs[1]].shape;
  if (b && b->rank() == 2 && (*b)[flag(node.attrs, "transB") ? 1 : 0] > kernels::max_reduction)
    return "its reduction is too deep for int32 accumulators";
  if (!node.has_input(2)) return {};
  if (node.attrs.get_float("beta", 1) != 1) return "its beta is not 1";
  const auto& c = graph[node.inputs[2]].shape;
  if (b && c && !is_column_vector(*c, (*b)[channel_axis(graph, node)]))
    return "its bias is not one value a column";
  return {};
}

constexpr IntegerForm kForms[] = {{DType::u8, DType::s8, DType::u8, "octavo.QGemm"},
                                  {DType::u8, DType::s8, DType::f32, "octavo.QGemmToFloat"},
                                  {DType::f32, DType::s8, DType::f32, "octavo.DynamicQGemm"}};

OCTAVO_OPERATOR(gemm, {.name = "Gemm",
                       .min_inputs = 2,
                       .max_inputs = 3,
                       .attributes = kAttributes,
                       .infer = infer,
                       .prepare = prepare,
                       .plan = plan,
                       .run = run,
                       .macs = macs,
                       .computes_f32 = true,
                       .clamps_output = true,
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
