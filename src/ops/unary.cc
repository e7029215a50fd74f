// Functions of one float32: a line of the table is an operator. ONNX opset 6 to 16.
#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "kernels/eltwise/unary.h"
#include "ops/lookup.h"
#include "ops/operands.h"
#include "ops/parallel.h"

namespace octavo {

namespace {

using Params = kernels::UnaryParams;

struct UnaryOp {
  std::string_view name;
  kernels::UnaryKernel kernel;
  // The same function in float64, for the tables of quantized operators.
  double (*function)(double x, Params params);
  std::span<const AttrDef> attributes = {};
  Params defaults = {};  // of attributes that are absent
  std::optional<Clamp> (*clamp)(const Graph&, const Node&) = nullptr;
  int since = 1;
};

constexpr AttrDef kAlphaBeta[] = {{"alpha", AttrKind::real}, {"beta", AttrKind::real}};
constexpr std::span<const AttrDef> kAlpha{kAlphaBeta, 1};

constexpr UnaryOp kOps[] = {
    {"Relu",
     kernels::relu_f32,
     [](double x, Params) { return x < 0 ? 0 : x; },
     {},
     {},
     [](const Graph&, const Node&) { return std::optional(Clamp{.low = 0}); }},
    {"LeakyRelu", kernels::leaky_relu_f32, [](double x, Params p) { return x < 0 ? x * p.alpha : x; }, kAlpha,
     Params{.alpha = 0.01f}},
    {"Sigmoid", kernels::sigmoid_f32, [](double x, Params) { return 1 / (1 + kernels::exponential(-x)); }},
    {"HardSigmoid", kernels::hard_sigmoid_f32,
     [](double x, Params p) { return std::clamp(x * p.alpha + p.beta, 0.0, 1.0); }, kAlphaBeta,
     Params{.alpha = 0.2f, .beta = 0.5f}},
    {"HardSwish",
     kernels::hard_swish_f32,
     [](double x, Params) { return x * std::clamp(x / 6 + 0.5, 0.0, 1.0); },
     {},
     {},
     nullptr,
     14},
    {"Tanh", kernels::tanh_f32, [](double x, Params) { return std::tanh(x); }},
    {"Exp", kernels::exp_f32, [](double x, Params) { return kernels::exponential(x); }},
    {"Sqrt", kernels::sqrt_f32, [](double x, Params) { return std::sqrt(x); }},
};

Params params(const Attrs& attrs, const UnaryOp& op) {
  Params params = op.defaults;
  if (op.attributes.size() > 0) params.alpha = attrs.get_float("alpha", params.alpha);
  if (op.attributes.size() > 1) params.beta = attrs.get_float("beta", params.beta);
  return params;
}

void infer(InferContext& ctx) {
  require_dtype(ctx, 0, {DType::f32});
  infer_as_input(ctx);
}

template <std::size_t i> StepPlan plan(const PlanContext& ctx) {
  return {.state = PlanState(params(ctx.attrs(), kOps[i]))};
}

template <std::size_t i> void run(RunContext& ctx) {
  const float* const x = ctx.inputs[0].as<float>();
  float* const y = ctx.outputs[0].as<float>();
  const auto& values = ctx.planned<Params>();
  parallel_elements(ctx.kernels, ctx.inputs[0].shape.elements(), 2, [&](int64_t begin, int64_t end) {
    kOps[i].kernel(x + begin, y + begin, end - begin, values);
  });
}

template <std::size_t i> float function(const Graph&, const Node& node, float x) {
  return static_cast<float>(kOps[i].function(x, params(node.attrs, kOps[i])));
}

template <std::size_t i>
constexpr OpDef kDefinition = {.name = kOps[i].name,
                               .since = kOps[i].since,
                               .attributes = kOps[i].attributes,
                               .infer = infer,
                               .plan = plan<i>,
                               .run = run<i>,
                               .layout = LayoutRule::elementwise,
                               .quant = {.inputs = kActivations,
                                         .result = ResultRole::activation,
                                         .forms = kLookupForm,
                                         .function = function<i>,
                                         .clamp = kOps[i].clamp}};

template <class Indices> struct RegisterAll;
template <std::size_t... i> struct RegisterAll<std::index_sequence<i...>> {
  const RegisterOp ops[sizeof...(i)] = {RegisterOp(kDefinition<i>)...};
};

const RegisterAll<std::make_index_sequence<std::size(kOps)>> registered;

}  // namespace

}  // namespace octavo
