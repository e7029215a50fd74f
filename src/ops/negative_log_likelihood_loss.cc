// NegativeLogLikelihoodLoss (float32): -x[n, target, …] · weight[target], one each, summed or averaged. ONNX
// NegativeLogLikelihoodLoss-12, -13, -22; SoftmaxCrossEntropyLoss is told as this.
#include "base/error.h"
#include "ops/operands.h"

namespace octavo {

namespace {

constexpr AttrDef kAttributes[] = {{"ignore_index", AttrKind::integer}, {"reduction", AttrKind::string}};

std::string_view reduction_of(const Attrs& attrs) { return attrs.get_string("reduction", "mean"); }

void infer(InferContext& ctx) {
  require_dtype(ctx, 0, Types<float>{});
  require_dtype(ctx, 1, Types<int64_t, int32_t>{});
  const Shape &x = ctx.shape(0), &target = ctx.shape(1);
  bool fits = x.rank() >= 2 && target.rank() == x.rank() - 1 && may_equal(x[0], target[0]);
  for (int i = 2; fits && i < x.rank(); ++i) fits = may_equal(x[i], target[i - 1]);
  require(fits, ErrorCode::invalid_graph, "targets {} do not fit input {}", target, x);
  if (ctx.has(2)) {
    require_dtype(ctx, 2, Types<float>{});
    require(ctx.shape(2).rank() == 1 && may_equal(ctx.shape(2)[0], x[1]), ErrorCode::invalid_graph,
            "weights {} do not fit input {}", ctx.shape(2), x);
  }
  const std::string_view reduction = reduction_of(ctx.attrs());
  require(reduction == "none" || reduction == "sum" || reduction == "mean", ErrorCode::invalid_graph,
          "reduction '{}'", reduction);
  ctx.set(0, DType::f32, reduction == "none" ? target : Shape{});
}

struct LossPlan {
  int64_t classes, inner, ignored;
  bool ignores, is_sum, is_mean;
};

StepPlan plan(const PlanContext& ctx) {
  const Shape& x = ctx.shape(0);
  const Attrs& attrs = ctx.attrs();
  return {.state = PlanState(LossPlan{x[1], x.elements(2, x.rank()), attrs.get_int("ignore_index", 0),
                                      attrs.has("ignore_index"), reduction_of(attrs) == "sum",
                                      reduction_of(attrs) == "mean"})};
}

void run(RunContext& ctx) {
  const auto& p = ctx.planned<LossPlan>();
  const float* const x = ctx.inputs[0].as<float>();
  const float* const weights = ctx.has(2) ? ctx.inputs[2].as<float>() : nullptr;
  const TensorView& targets = ctx.inputs[1];
  float* const y = ctx.outputs[0].as<float>();
  double sum = 0, weight_sum = 0;
  for (int64_t i = 0; i < targets.shape.elements(); ++i) {
    const int64_t target = int_at(targets, i);
    double weight = 0, loss = 0;
    if (!p.ignores || target != p.ignored) {
      require(target >= 0 && target < p.classes, ErrorCode::invalid_input,
              "target {} is outside axis 1 of shape {}", target, ctx.inputs[0].shape);
      weight = weights != nullptr ? weights[target] : 1;
      loss = -weight * x[(i / p.inner * p.classes + target) * p.inner + i % p.inner];
    }
    if (!p.is_sum && !p.is_mean) y[i] = static_cast<float>(loss);
    sum += loss;
    weight_sum += weight;
  }
  if (p.is_sum || p.is_mean) *y = static_cast<float>(p.is_mean ? sum / weight_sum : sum);
}

OCTAVO_OPERATOR(negative_log_likelihood_loss, {.name = "NegativeLogLikelihoodLoss",
                                               .since = 12,
                                               .min_inputs = 2,
                                               .max_inputs = 3,
                                               .attributes = kAttributes,
                                               .infer = infer,
                                               .plan = plan,
                                               .run = run,
                                               .computes_f32 = true});

}  // namespace

}  // namespace octavo
