#include "train/optimizer.h"

#include <algorithm>
#include <cmath>

#include "autodiff/backward.h"
#include "base/error.h"
#include "graph/rewriter.h"

namespace octavo {

namespace {

// As torch.nn.utils.clip_grad_norm_ has it.
constexpr double kClipEpsilon = 1e-6;

void check(const OptimizerOptions& options) {
  const auto is_share = [](double x) { return x >= 0 && x < 1; };
  const auto need = [](bool holds, std::string_view what) {
    require(holds, ErrorCode::invalid_option, "{}", what);
  };
  need(options.learning_rate > 0 && std::isfinite(options.learning_rate),
       "learningRate must be greater than 0");
  need(options.momentum >= 0 && options.momentum < 1, "momentum must be a number from 0 to less than 1");
  need(!options.nesterov || options.momentum > 0, "nesterov needs a momentum");
  need(is_share(options.beta1) && is_share(options.beta2), "betas must be numbers from 0 to less than 1");
  need(options.epsilon >= 0, "epsilon must not be negative");
  need(options.weight_decay >= 0, "weightDecay must not be negative");
  need(options.scale_rate >= 0 && std::isfinite(options.scale_rate), "scaleRate must not be negative");
  need(options.clip_norm >= 0, "clipNorm must not be negative");
}

class Updates {
 public:
  Updates(Graph& graph, const OptimizerOptions& options) : graph_(graph), options_(options), b_(graph) {
    rate_ = add_scalar(StepRates::kRate);
    decay_ = add_scalar(StepRates::kDecay);
    deviation_ = add_scalar(StepRates::kDeviation);
    b_.bind("rate", b_.formula("0 - rate"));
  }

  void run(std::vector<Trained> trained) {
    if (options_.clip_norm > 0) clip(trained);
    for (const Trained& each : trained) update(each);
  }

 private:
  ValueId add_scalar(const char* name) {
    const ValueId id = graph_.add_value({{DType::f32, Shape()}, name});
    graph_.inputs.push_back(id);
    b_.bind(std::string_view(name).substr(kOwnPrefix.size()), id);
    return id;
  }

  // g · min(1, most / (√Σ g² + ε)), of all gradients together.
  void clip(std::vector<Trained>& trained) {
    ValueId sum = b_.number(0);
    for (const Trained& each : trained) {
      b_.bind("sum", sum);
      b_.bind("flat", b_.reshape(each.gradient, Dims{graph_[each.gradient].shape->elements()}));
      const ValueId squares = b_.sum(b_.formula("flat * flat"), std::initializer_list<int64_t>{0});
      b_.bind("squares", squares);
      sum = b_.formula("sum + squares");
    }
    b_.bind("sum", sum);
    b_.bind("most", b_.number(options_.clip_norm));
    b_.bind("tiny", b_.number(kClipEpsilon));
    b_.bind("factor", b_.formula("Min(1, most / (Sqrt(sum) + tiny))"));
    for (Trained& each : trained) {
      b_.bind("g_", each.gradient);
      each.gradient = b_.formula("g_ * factor");
    }
  }

  // slot ← decay · slot + rate · x, and the slot as it is then.
  ValueId accumulate(ValueId slot, ValueId x, ValueId decay, ValueId rate) {
    const ValueId next = b_.add("octavo.Accumulate", {slot, x, decay, rate});
    add_state(graph_, slot, next);
    return next;
  }

  ValueId moment(const Trained& of, std::string_view name) {
    const Value& value = graph_[of.value];
    Value made{{value.dtype, value.shape}, graph_.unique_value_name(text("{}.{}", value.name, name))};
    return graph_.add_value(std::move(made));
  }

  void update(const Trained& each) {
    const double lambda = each.decays ? options_.weight_decay : 0;
    const bool is_decoupled = options_.kind == OptimizerKind::adamw;
    b_.bind("p", each.value);
    ValueId gradient = each.gradient;
    b_.bind("d", gradient);
    if (lambda > 0 && !is_decoupled) {
      b_.bind("lambda", b_.number(lambda));
      gradient = b_.formula("d + lambda * p");
      b_.bind("d", gradient);
    }
    ValueId direction = gradient;
    if (options_.kind == OptimizerKind::sgd) {
      if (options_.momentum > 0) {
        const ValueId m =
            accumulate(moment(each, "momentum"), gradient, b_.number(options_.momentum), b_.number(1));
        direction = m;
        if (options_.nesterov) {
          b_.bind("m", m);
          b_.bind("mu", b_.number(options_.momentum));
          direction = b_.formula("d + mu * m");
        }
      }
    } else {
      b_.bind("m", accumulate(moment(each, "mean"), gradient, b_.number(options_.beta1),
                              b_.number(1 - options_.beta1)));
      b_.bind("v", accumulate(moment(each, "square"), b_.formula("d * d"), b_.number(options_.beta2),
                              b_.number(1 - options_.beta2)));
      b_.bind("epsilon", b_.number(options_.epsilon));
      direction = b_.formula("m / (Sqrt(v) * deviation + epsilon)");
    }
    b_.bind("times", b_.number(each.rate));
    accumulate(each.value, direction, lambda > 0 && is_decoupled ? decay_ : b_.number(1),
               b_.formula(each.rate == 1 ? "rate" : "rate * times"));
  }

  Graph& graph_;
  const OptimizerOptions& options_;
  Backward b_;
  ValueId rate_, decay_, deviation_;
};

}  // namespace

void add_state(Graph& graph, ValueId value, ValueId next) {
  auto at = std::ranges::find(graph.inputs, value);
  if (at == graph.inputs.end()) at = graph.inputs.insert(graph.inputs.end(), value);
  graph.outputs.push_back(next);
  graph.states.push_back(
      {static_cast<uint32_t>(at - graph.inputs.begin()), static_cast<uint32_t>(graph.outputs.size() - 1)});
}

StepRates rates_of(const OptimizerOptions& options, double learning_rate, int64_t t) {
  const auto steps = static_cast<double>(t + 1);
  const bool is_adam = options.kind != OptimizerKind::sgd;
  const double seen1 = is_adam ? 1 - std::pow(options.beta1, steps) : 1;
  const double seen2 = is_adam ? 1 - std::pow(options.beta2, steps) : 1;
  return {static_cast<float>(learning_rate / seen1),
          static_cast<float>(1 - learning_rate * options.weight_decay),
          static_cast<float>(1 / std::sqrt(seen2))};
}

void add_updates(Graph& graph, const OptimizerOptions& options, std::vector<Trained> trained) {
  check(options);
  Updates(graph, options).run(std::move(trained));
}

}  // namespace octavo
