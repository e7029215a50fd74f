// Functions of one element: a line of the table is an operator. ONNX opset 6 to 24.
//
// float32 has kernels where networks spend time; all else goes through float64 or int64.
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <span>
#include <utility>

#include "base/error.h"
#include "kernels/eltwise/trigonometry.h"
#include "kernels/eltwise/unary.h"
#include "ops/elements.h"
#include "ops/lookup.h"
#include "ops/operands.h"
#include "ops/parallel.h"

namespace octavo {

namespace {

using Params = kernels::UnaryParams;

struct UnaryRow {
  std::string_view name;
  unsigned types = kFloat;  // kinds of elements
  kernels::UnaryKernel kernel = nullptr;
  // The same function in float64, also for the tables of quantized operators; and of integers, where it is exact.
  double (*function)(double x, Params params) = nullptr;
  int64_t (*integer)(int64_t x, bool is_u64) = nullptr;
  std::span<const AttrDef> attributes = {};
  Params defaults = {};  // of attributes that are absent
  int since = 1;
  bool gives_boolean = false;
  std::optional<Clamp> (*clamp)(const Graph&, const Node&) = nullptr;
};

constexpr AttrDef kAlphaBeta[] = {{"alpha", AttrKind::real}, {"beta", AttrKind::real}};
constexpr std::span<const AttrDef> kAlpha{kAlphaBeta, 1};
constexpr AttrDef kAlphaGamma[] = {{"alpha", AttrKind::real}, {"gamma", AttrKind::real}};
constexpr AttrDef kApproximate[] = {{"approximate", AttrKind::string}};
constexpr AttrDef kBounds[] = {{"lambd", AttrKind::real}, {"bias", AttrKind::real}};
constexpr AttrDef kSigns[] = {{"detect_negative", AttrKind::integer}, {"detect_positive", AttrKind::integer}};

std::optional<Clamp> clamp_of_relu(const Graph& graph, const Node& node) {
  if (graph[node.inputs[0]].dtype != DType::f32) return std::nullopt;
  return Clamp{.low = 0};
}

// Of asinh and its kin C has versions with large tables.
double asinh_of(double x) {
  const double a = std::abs(x), reciprocal = 1 / a;
  return std::copysign(std::log1p(a + a / (reciprocal + std::sqrt(reciprocal * reciprocal + 1))), x);
}
double sinh_of(double x) {
  const double t = std::expm1(std::abs(x));
  return std::copysign(t < 0x1p1000 ? (t + t / (t + 1)) / 2 : t, x);
}

// The least number is its own negative.
constexpr int64_t negative(int64_t x) { return static_cast<int64_t>(-static_cast<uint64_t>(x)); }

double sigmoid(double x) { return 1 / (1 + kernels::exponential(-x)); }
double softplus(double x) { return (x < 0 ? 0 : x) + std::log1p(kernels::exponential(-std::abs(x))); }
double gelu(double x, Params p) {
  if (p.alpha == 0) return x / 2 * (1 + kernels::error_function(x * std::numbers::sqrt2 / 2));
  return x * sigmoid(std::numbers::sqrt2 * std::numbers::inv_sqrtpi * 2 * (x + 0.044715 * x * x * x));
}

constexpr UnaryRow kAllRows[] = {
    {.name = "Relu",
     .types = kFloat | kSigned,
     .kernel = kernels::relu_f32,
     .function = [](double x, Params) { return x < 0 ? 0 : x; },
     .integer = [](int64_t x, bool) { return x < 0 ? 0 : x; },
     .clamp = clamp_of_relu},
    {.name = "LeakyRelu",
     .kernel = kernels::leaky_relu_f32,
     .function = [](double x, Params p) { return x < 0 ? x * p.alpha : x; },
     .attributes = kAlpha,
     .defaults = {.alpha = 0.01f}},
    {.name = "ThresholdedRelu",
     .function = [](double x, Params p) { return x <= p.alpha ? 0 : x; },
     .attributes = kAlpha,
     .defaults = {.alpha = 1}},
    {.name = "Elu",
     .kernel = kernels::elu_f32,
     .function = [](double x, Params p) { return x < 0 ? p.alpha * std::expm1(x) : x; },
     .attributes = kAlpha,
     .defaults = {.alpha = 1}},
    {.name = "Selu",
     .function = [](double x, Params p) { return p.beta * (x < 0 ? p.alpha * std::expm1(x) : x); },
     .attributes = kAlphaGamma,
     .defaults = {.alpha = 1.67326319217681884765625f, .beta = 1.05070102214813232421875f}},
    {.name = "Celu",
     .function = [](double x, Params p) { return x < 0 ? p.alpha * std::expm1(x / p.alpha) : x; },
     .attributes = kAlpha,
     .defaults = {.alpha = 1},
     .since = 12},
    {.name = "Sigmoid",
     .kernel = kernels::sigmoid_f32,
     .function = [](double x, Params) { return sigmoid(x); }},
    {.name = "HardSigmoid",
     .kernel = kernels::hard_sigmoid_f32,
     .function = [](double x, Params p) { return std::clamp(x * p.alpha + p.beta, 0.0, 1.0); },
     .attributes = kAlphaBeta,
     .defaults = {.alpha = 0.2f, .beta = 0.5f}},
    {.name = "HardSwish",
     .kernel = kernels::hard_swish_f32,
     .function = [](double x, Params) { return x * std::clamp(x / 6 + 0.5, 0.0, 1.0); },
     .since = 14},
    {.name = "Swish",
     .kernel = kernels::swish_f32,
     .function = [](double x, Params p) { return x * sigmoid(p.alpha * x); },
     .attributes = kAlpha,
     .defaults = {.alpha = 1},
     .since = 24},
    {.name = "Mish",
     .kernel = kernels::mish_f32,
     .function = [](double x, Params) { return x * std::tanh(softplus(x)); },
     .since = 18},
    {.name = "Gelu", .kernel = kernels::gelu_f32, .function = gelu, .attributes = kApproximate, .since = 20},
    {.name = "Softplus",
     .kernel = kernels::softplus_f32,
     .function = [](double x, Params) { return softplus(x); }},
    {.name = "Softsign", .function = [](double x, Params) { return x / (1 + std::abs(x)); }},
    {.name = "Shrink",
     .types = kNumber,
     .function = [](double x,
                    Params p) { return x < -p.alpha  ? x + p.beta
                                       : x > p.alpha ? x - p.beta
                                                     : x * 0; },
     .attributes = kBounds,
     .defaults = {.alpha = 0.5f},
     .since = 9},
    {.name = "Abs",
     .types = kNumber,
     .kernel = kernels::abs_f32,
     .function = [](double x, Params) { return std::abs(x); },
     .integer = [](int64_t x, bool is_u64) { return x < 0 && !is_u64 ? negative(x) : x; }},
    {.name = "Neg",
     .types = kFloat | kSigned,
     .kernel = kernels::neg_f32,
     .function = [](double x, Params) { return -x; },
     .integer = [](int64_t x, bool) { return negative(x); }},
    {.name = "Sign",
     .types = kNumber,
     .function = [](double x, Params) { return x < 0   ? -1
                                               : x > 0 ? 1
                                                       : x; },
     .integer = [](int64_t x, bool is_u64) -> int64_t { return x < 0 && !is_u64 ? -1 : x != 0; },
     .since = 9},
    {.name = "Floor",
     .kernel = kernels::floor_f32,
     .function = [](double x, Params) { return std::floor(x); }},
    {.name = "Ceil", .kernel = kernels::ceil_f32, .function = [](double x, Params) { return std::ceil(x); }},
    {.name = "Round",
     .kernel = kernels::round_f32,
     .function = [](double x, Params) { return std::nearbyint(x); },
     .since = 11},
    {.name = "Reciprocal",
     .kernel = kernels::reciprocal_f32,
     .function = [](double x, Params) { return 1 / x; }},
    {.name = "Sqrt", .kernel = kernels::sqrt_f32, .function = [](double x, Params) { return std::sqrt(x); }},
    {.name = "Exp",
     .kernel = kernels::exp_f32,
     .function = [](double x, Params) { return kernels::exponential(x); }},
    {.name = "Log",
     .kernel = kernels::log_f32,
     .function = [](double x, Params) { return kernels::logarithm(x); }},
    {.name = "Erf",
     .kernel = kernels::erf_f32,
     .function = [](double x, Params) { return kernels::error_function(x); },
     .since = 9},
    {.name = "Sin", .function = [](double x, Params) { return kernels::sine(x); }, .since = 7},
    {.name = "Cos", .function = [](double x, Params) { return kernels::cosine(x); }, .since = 7},
    {.name = "Tan", .function = [](double x, Params) { return kernels::tangent(x); }, .since = 7},
    {.name = "Asin", .function = [](double x, Params) { return std::asin(x); }, .since = 7},
    {.name = "Acos", .function = [](double x, Params) { return std::acos(x); }, .since = 7},
    {.name = "Atan", .function = [](double x, Params) { return std::atan(x); }, .since = 7},
    {.name = "Sinh", .function = [](double x, Params) { return sinh_of(x); }, .since = 9},
    {.name = "Cosh",
     .function =
         [](double x, Params) {
           const double e = kernels::exponential(std::abs(x));
           return (e + 1 / e) / 2;
         },
     .since = 9},
    {.name = "Tanh", .kernel = kernels::tanh_f32, .function = [](double x, Params) { return std::tanh(x); }},
    {.name = "Asinh", .function = [](double x, Params) { return asinh_of(x); }, .since = 9},
    {.name = "Acosh",
     .function =
         [](double x, Params) {
           const double t = x - 1;
           return std::log1p(t + std::sqrt(t) * std::sqrt(t + 2));
         },
     .since = 9},
    {.name = "Atanh", .function = [](double x, Params) { return std::atanh(x); }, .since = 9},
    {.name = "IsNaN",
     .function = [](double x, Params) -> double { return x != x; },
     .since = 9,
     .gives_boolean = true},
    {.name = "IsInf",
     .function = [](double x, Params p) -> double {
       return std::isinf(x) && (x < 0 ? p.alpha : p.beta) != 0;
     },
     .attributes = kSigns,
     .defaults = {.alpha = 1, .beta = 1},
     .since = 10,
     .gives_boolean = true},
    {.name = "Not",
     .types = kBoolean,
     .integer = [](int64_t x, bool) -> int64_t { return x == 0; },
     .gives_boolean = true},
    {.name = "BitwiseNot", .types = kInteger, .integer = [](int64_t x, bool) { return ~x; }, .since = 18},
};
constexpr auto kRows = rows_of_build<kAllRows>();

const UnaryRow& row_of(const Node& node);

float parameter(const Attrs& attrs, const AttrDef& attribute, float absent) {
  if (attribute.kind == AttrKind::real) return attrs.get_float(attribute.name, absent);
  if (attribute.kind == AttrKind::integer)
    return attrs.has(attribute.name) ? attrs.get_int(attribute.name, 0) != 0 : absent;
  const std::string_view value = attrs.get_string(attribute.name, "none");
  require(value == "none" || value == "tanh", ErrorCode::invalid_graph,
          "the attribute '{}' is '{}', not none or tanh", attribute.name, value);
  return value == "tanh";
}

Params params(const Node& node) {
  const UnaryRow& row = row_of(node);
  Params params = row.defaults;
  if (row.attributes.size() > 0) params.alpha = parameter(node.attrs, row.attributes[0], params.alpha);
  if (row.attributes.size() > 1) params.beta = parameter(node.attrs, row.attributes[1], params.beta);
  return params;
}

void infer(InferContext& ctx) {
  const UnaryRow& row = row_of(ctx.node);
  require_kind(ctx, 0, row.types);
  params(ctx.node);
  ctx.set(0, row.gives_boolean ? DType::boolean : ctx.dtype(0), ctx.shape(0));
}

struct UnaryPlan {
  const UnaryRow* row;
  Params params;
};

StepPlan plan(const PlanContext& ctx) {
  return {.state = PlanState(UnaryPlan{&row_of(ctx.node), params(ctx.node)})};
}

void run(RunContext& ctx) {
  const TensorView &x = ctx.inputs[0], &y = ctx.outputs[0];
  const auto& [row, values] = ctx.planned<UnaryPlan>();
  const bool has_kernel = row->kernel != nullptr && x.dtype == DType::f32;
  parallel_elements(ctx.kernels, x.shape.elements(), has_kernel ? 2 : 16, [&](int64_t begin, int64_t end) {
    if (has_kernel) {
      row->kernel(x.as<float>() + begin, y.as<float>() + begin, end - begin, values);
    } else if (row->integer == nullptr || is_float(x.dtype)) {
      map_elements<double>(x, y, begin, end, [&](double* numbers, int64_t n) {
        for (int64_t i = 0; i < n; ++i) numbers[i] = row->function(numbers[i], values);
      });
    } else {
      map_elements<int64_t>(x, y, begin, end, [&](int64_t* numbers, int64_t n) {
        for (int64_t i = 0; i < n; ++i) numbers[i] = row->integer(numbers[i], x.dtype == DType::u64);
      });
    }
  });
}

float function(const Graph&, const Node& node, float x) {
  return static_cast<float>(row_of(node).function(x, params(node)));
}

constexpr OpDef define(const UnaryRow& row) {
  OpDef op = {.name = row.name,
              .since = row.since,
              .attributes = row.attributes,
              .infer = infer,
              .plan = plan,
              .run = run,
              .same_dtype = !row.gives_boolean || row.types == kBoolean,
              .layout = LayoutRule::elementwise};
  if (row.function != nullptr && !row.gives_boolean)
    op.quant = {.inputs = kActivations,
                .result = ResultRole::activation,
                .forms = kLookupForm,
                .function = function,
                .clamp = row.clamp};
  return op;
}

constexpr auto kDefinitions = []<std::size_t... i>(std::index_sequence<i...>) {
  return std::array<OpDef, sizeof...(i)>{define(kRows[i])...};
}(std::make_index_sequence<std::size(kRows)>());

const UnaryRow& row_of(const Node& node) { return kRows[node.op - kDefinitions.data()]; }

const RegisterOp registered(kDefinitions);

}  // namespace

}  // namespace octavo
