#include "train/learned_rounding.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>
#include <set>

#include "autodiff/backward.h"
#include "autodiff/gradients.h"
#include "base/error.h"
#include "graph/bias_sum.h"
#include "graph/op_def.h"
#include "graph/qdq.h"
#include "graph/rewriter.h"
#include "passes/passes.h"
#include "quant/products.h"
#include "quant/qdq.h"
#include "quant/scale_blocks.h"
#include "runtime/state.h"
#include "train/compile_training.h"
#include "train/optimizer.h"

namespace octavo {

namespace {

constexpr std::string_view kInput = "octavo.layer_input", kTarget = "octavo.layer_target",
                           kLogits = "octavo.rounding", kPenalty = "octavo.penalty",
                           kExponent = "octavo.exponent";
constexpr double kWarmup = 0.2, kFirstExponent = 20, kLastExponent = 2;
// h = clamp(kStretch · sigmoid(v) - kBelow), whose ends v reaches.
constexpr double kStretch = 1.2, kBelow = 0.1;
// How near to 0 and 1 an h begins at most: right there rounding errors would say whether it has a gradient.
constexpr float kMargin = 1e-3f;
// A v beyond the end.
constexpr float kDecided = 20;

// What the integers of a weight can be: q = clamp(low + h), h of 0 or 1.
struct Choices {
  QParams qparams;
  std::vector<float> low, share;  // floor(w / s), and w / s - low: the h to begin with
  std::vector<float> scale;       // of each weight
  std::vector<float> nearest;     // h

  Choices(const Tensor& weight, const Tensor& integers, const QParams& of) : qparams(of) {
    const ScaleBlocks blocks(qparams, weight.shape());
    const std::span<const float> w = weight.span<float>();
    const std::span<const int8_t> q = integers.span<int8_t>();
    for (std::size_t i = 0; i < w.size(); ++i) {
      scale.push_back(qparams.scale[blocks.of(static_cast<int64_t>(i))]);
      const float x = w[i] / scale.back();
      low.push_back(
          std::clamp(std::floor(x), static_cast<float>(qparams.qmin - 1), static_cast<float>(qparams.qmax)));
      share.push_back(std::clamp(x - low.back(), kMargin, 1 - kMargin));
      nearest.push_back(static_cast<float>(q[i]) > low.back() ? 1.0f : 0.0f);
    }
  }

  int8_t integer(std::size_t i, bool goes_up) const {
    const float q = low[i] + (goes_up ? 1.0f : 0.0f);
    return static_cast<int8_t>(
        std::clamp(q, static_cast<float>(qparams.qmin), static_cast<float>(qparams.qmax)));
  }
};

// The graph of a step for inputs and targets of certain shapes. Its state: v, then the moments.
class LayerTraining {
 public:
  // `layer` has one node that reads the value `input`, and `weight`, which is quantized; its output is compared.
  LayerTraining(const Graph& layer, const KernelPolicy& kernels, uint32_t node, uint32_t weight,
                const Choices& choices)
      : layer_(layer), kernels_(kernels), node_(node), weight_(weight), choices_(choices) {}

  // The mean of (y - ŷ)² beforehand.
  double step(const TensorView& x, const TensorView& y, const StepRates& rates, double penalty,
              double exponent) {
    Executor& executor = executor_for(x, y);
    const auto number = [](double value) { return Tensor::of<float>(Shape(), {static_cast<float>(value)}); };
    const Tensor scalars[] = {number(rates.rate), number(rates.decay), number(rates.deviation),
                              number(penalty), number(exponent)};
    const Feed feeds[] = {{kInput, x},
                          {kTarget, y},
                          {StepRates::kRate, &scalars[0]},
                          {StepRates::kDecay, &scalars[1]},
                          {StepRates::kDeviation, &scalars[2]},
                          {kPenalty, &scalars[3]},
                          {kExponent, &scalars[4]}};
    return static_cast<double>(*executor.run(feeds)[0].as<float>());
  }

  // Before the first step on any shapes there is no state yet.
  void prepare(const TensorView& x, const TensorView& y) { executor_for(x, y); }
  std::span<float> begin() {
    state_->reset();
    return (*state_)[slot_].span<float>();
  }
  std::span<const float> logits() const { return (*state_)[slot_].span<float>(); }

 private:
  Executor& executor_for(const TensorView& x, const TensorView& y) {
    const auto known = std::ranges::find_if(
        built_, [&](const Built& each) { return each.x == x.shape && each.y == y.shape; });
    if (known != built_.end()) return *known->executor;
    Graph graph = layer_;
    const auto input = [&](std::string_view name, const Shape& shape) {
      graph.inputs.push_back(graph.add_value({{DType::f32, shape}, std::string(name)}));
      return graph.inputs.back();
    };
    graph.inputs.clear();
    const Shape weight_shape = *graph[graph.nodes[node_].inputs[weight_]].shape;
    graph.nodes[node_].inputs[0] = input(kInput, x.shape);
    const ValueId target = input(kTarget, y.shape), v = input(kLogits, weight_shape),
                  penalty = input(kPenalty, Shape()), exponent = input(kExponent, Shape());
    Backward b(graph);
    const auto constant = [&](const std::vector<float>& values) {
      return b.constant(Tensor::of<float>(weight_shape, values));
    };
    b.bind("v", v);
    b.bind("stretch", b.number(kStretch));
    b.bind("below", b.number(kBelow));
    b.bind("zero", b.number(0));
    b.bind("one", b.number(1));
    const ValueId h = b.formula("Clip(stretch * Sigmoid(v) - below, zero, one)");
    b.bind("h", h);
    b.bind("low", constant(choices_.low));
    b.bind("scale", constant(choices_.scale));
    b.bind("qmin", b.number(choices_.qparams.qmin));
    b.bind("qmax", b.number(choices_.qparams.qmax));
    graph.nodes[node_].inputs[weight_] = b.formula("Clip(low + h, qmin, qmax) * scale");
    sort_nodes(graph);
    infer_shapes(graph);
    b.bind("y", graph.outputs[0]);
    b.bind("t", target);
    b.bind("d", b.formula("y - t"));
    const ValueId error = b.add("ReduceMean", {b.formula("d * d")}, {{"keepdims", int64_t{0}}});
    b.bind("two", b.number(2));
    b.bind("exponent", exponent);
    b.bind("undecided", b.add("ReduceSum", {b.formula("1 - Pow(Abs(two * h - 1), exponent)")},
                              {{"keepdims", int64_t{0}}}));
    b.bind("error", error);
    b.bind("penalty", penalty);
    const ValueId loss = b.formula("error + penalty * undecided");
    const std::vector<ValueId> gradients = add_gradients(graph, loss, {v}, {});
    graph.outputs = {error};
    add_updates(graph, {.kind = OptimizerKind::adam}, {{v, gradients[0], false}});
    remove_dead(graph);
    if (!state_) {
      state_ = std::make_shared<State>(graph);
      for (std::size_t i = 0; i < graph.states.size(); ++i)
        if (graph[graph.inputs[graph.states[i].input]].name == kLogits) slot_ = i;
    }
    built_.push_back({x.shape, y.shape, compile_training(std::move(graph), kernels_)});
    built_.back().executor->use(state_);
    return *built_.back().executor;
  }

  struct Built {
    Shape x, y;
    std::unique_ptr<Executor> executor;
  };
  const Graph& layer_;
  const KernelPolicy& kernels_;
  uint32_t node_, weight_;
  const Choices& choices_;
  std::vector<Built> built_;
  std::shared_ptr<State> state_;
  std::size_t slot_ = 0;
};

// The graph with that output alone.
Graph only(Graph graph, ValueId output) {
  graph.outputs = {output};
  graph.states.clear();
  remove_dead(graph);
  return graph;
}

uint32_t find_node(const Graph& graph, const Node& like) {
  const auto found = std::ranges::find_if(
      graph.nodes, [&](const Node& node) { return node.name == like.name && node.op == like.op; });
  return found == graph.nodes.end() ? Uses::kNone : static_cast<uint32_t>(found - graph.nodes.begin());
}

double exponent_of(double share) {
  const double fallen = (1 + std::cos(share * std::numbers::pi)) / 2;
  return kLastExponent + (kFirstExponent - kLastExponent) * fallen;
}

}  // namespace

LearnedRounding::LearnedRounding(const Model& model, StaticOptions options, const RoundingOptions& rounding)
    : model_(model.with_graph(model.graph())), options_(rounding) {
  require(!options.equalize && options.smoothing == 0, ErrorCode::invalid_option,
          "weights whose rounding is learned are neither equalized nor smoothed");
  require(rounding.steps >= 0 && rounding.learning_rate > 0 && rounding.decisiveness > 0,
          ErrorCode::invalid_option, "learned rounding takes steps of 0 and more, and positive numbers");
  options.rounding = Rounding::nearest;
  options.bias_correction = false;
  calibration_ = model.calibrate(options);
}

void LearnedRounding::observe(std::span<const Feed> feeds) {
  calibration_->observe(feeds);
  Sample& sample = samples_.emplace_back();
  for (const Feed& feed : feeds) {
    sample.names.emplace_back(feed.name);
    sample.tensors.push_back(Tensor::copy_of(feed.tensor));
  }
}

std::size_t LearnedRounding::prepare() {
  quantized_ = calibration_->finish()->graph();
  calibration_ = nullptr;
  const Uses uses(model_->graph()), quantized_uses(quantized_);
  std::set<ValueId> found;  // integers of weights, which layers may share
  for (uint32_t n = 0; n < model_->graph().nodes.size(); ++n)
    if (const auto layer = layer_of(n, uses, quantized_uses);
        layer && found.insert(quantized_.nodes[layer->dequantize].inputs[0]).second)
      layers_.push_back(*layer);
  return layers_.size();
}

std::optional<LearnedRounding::Layer> LearnedRounding::layer_of(uint32_t n, const Uses& uses,
                                                                const Uses& quantized_uses) const {
  const Graph& graph = model_->graph();
  const Node& node = graph.nodes[n];
  const auto weight = node.op->quant.input_of(OperandRole::weight);
  if (!weight || node.op->quant.has_state || !is_float_constant(graph, node.inputs[*weight]) ||
      !product_size(graph, node, node.inputs[*weight]))
    return std::nullopt;
  Layer layer{.product = n, .last = n, .input = static_cast<uint32_t>(*weight)};
  if (const auto sum = bias_sum_behind(graph, uses, node)) layer.last = sum->node;
  const ValueId made = graph.nodes[layer.last].outputs[0];
  if (const uint32_t reader = uses.only_consumer(made); reader != Uses::kNone)
    if (graph.nodes[reader].inputs[0] == made && clamp_of(graph, graph.nodes[reader])) layer.last = reader;
  layer.quantized_product = find_node(quantized_, node);
  layer.quantized_last = find_node(quantized_, graph.nodes[layer.last]);
  if (layer.quantized_product == Uses::kNone || layer.quantized_last == Uses::kNone) return std::nullopt;
  layer.dequantize = quantized_uses.producer[quantized_.nodes[layer.quantized_product].inputs[layer.input]];
  if (layer.dequantize == Uses::kNone) return std::nullopt;
  const Node& dequantize = quantized_.nodes[layer.dequantize];
  const Tensor* const integers =
      is_dequantize(dequantize) ? quantized_.constant_input(dequantize, 0) : nullptr;
  const auto qparams = integers ? read_qparams(quantized_, dequantize) : std::nullopt;
  const bool fits = qparams && integers->dtype() == DType::s8 &&
                    integers->shape() == graph[node.inputs[*weight]].constant->shape() &&
                    std::ranges::all_of(qparams->zero_point, [](int32_t zero) { return zero == 0; });
  return fits ? std::optional(layer) : std::nullopt;
}

std::vector<Tensor> LearnedRounding::values(const Graph& graph, ValueId value) const {
  const std::unique_ptr<Model> part = model_->with_graph(only(graph, value));
  std::vector<Tensor> made;
  for (const Sample& sample : samples_) {
    std::vector<Feed> feeds;
    for (std::size_t i = 0; i < sample.names.size(); ++i)
      feeds.emplace_back(sample.names[i], &sample.tensors[i]);
    made.push_back(Tensor::copy_of(part->run(feeds)[0]));
  }
  return made;
}

RoundingErrors LearnedRounding::round(std::size_t index, std::vector<double>* losses) {
  const Layer& layer = layers_.at(index);
  const Graph& graph = model_->graph();
  const Node &product = graph.nodes[layer.product], &same = quantized_.nodes[layer.quantized_product];
  const std::vector<Tensor> inputs = values(quantized_, same.inputs[0]);
  const std::vector<Tensor> targets = values(graph, graph.nodes[layer.last].outputs[0]);

  const Node& dequantize = quantized_.nodes[layer.dequantize];
  const Tensor& weight = *graph[product.inputs[layer.input]].constant;
  ConstantTensor& integers = quantized_[dequantize.inputs[0]].constant;
  const Choices choices(weight, *integers, *read_qparams(quantized_, dequantize));
  weight.give_back();
  Graph own = quantized_;
  own.outputs = {own.nodes[layer.quantized_last].outputs[0]};
  own.states.clear();
  LayerTraining training(own, model_->kernels(), layer.quantized_product, layer.input, choices);
  training.prepare(inputs[0].view(), targets[0].view());

  const auto error_of = [&](auto&& goes_up) {
    const std::span<float> v = training.begin();
    for (std::size_t i = 0; i < v.size(); ++i) v[i] = goes_up(i) ? kDecided : -kDecided;
    double sum = 0;
    for (std::size_t i = 0; i < inputs.size(); ++i)
      sum += training.step(inputs[i].view(), targets[i].view(), {0, 1, 1}, 0, kLastExponent);
    return sum / static_cast<double>(inputs.size());
  };
  RoundingErrors errors;
  errors.nearest = errors.chosen = error_of([&](std::size_t i) { return choices.nearest[i] > 0; });

  const std::span<float> v = training.begin();
  for (std::size_t i = 0; i < v.size(); ++i)
    v[i] = static_cast<float>(-std::log(kStretch / (static_cast<double>(choices.share[i]) + kBelow) - 1));
  const OptimizerOptions adam{.kind = OptimizerKind::adam};
  const double unit = errors.nearest / static_cast<double>(v.size());
  for (int64_t t = 0; t < options_.steps; ++t) {
    const double done = static_cast<double>(t) / static_cast<double>(options_.steps);
    const double share = (done - kWarmup) / (1 - kWarmup);
    const std::size_t i = static_cast<std::size_t>(t) % inputs.size();
    const double loss =
        training.step(inputs[i].view(), targets[i].view(), rates_of(adam, options_.learning_rate, t),
                      share < 0 ? 0 : options_.decisiveness * unit, exponent_of(std::max(share, 0.0)));
    if (losses) losses->push_back(loss);
  }
  if (options_.steps == 0) return errors;
  // h is half or more where v is not negative.
  const std::vector<float> learned(training.logits().begin(), training.logits().end());
  const double error = error_of([&](std::size_t i) { return learned[i] >= 0; });
  if (!(error < errors.nearest)) return errors;
  errors.chosen = error;
  Tensor chosen(DType::s8, integers->shape());
  for (std::size_t i = 0; i < learned.size(); ++i)
    chosen.span<int8_t>()[i] = choices.integer(i, learned[i] >= 0);
  integers = std::make_shared<const Tensor>(std::move(chosen));
  return errors;
}

std::unique_ptr<Model> LearnedRounding::finish() { return model_->with_graph(std::move(quantized_)); }

}  // namespace octavo
