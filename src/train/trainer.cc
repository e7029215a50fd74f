#include "train/trainer.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "autodiff/backward.h"
#include "autodiff/gradients.h"
#include "base/error.h"
#include "graph/op_def.h"
#include "graph/rewriter.h"
#include "passes/passes.h"
#include "quant/insert_qdq.h"
#include "train/batch_statistics.h"
#include "train/compile_training.h"
#include "train/find_value.h"
#include "train/unfold_normalization.h"

namespace octavo {

namespace {

constexpr std::string_view kTargets = "octavo.targets";

// Graphs for batches of other sizes that are kept.
constexpr std::size_t kMostBuilt = 2;

// Inputs that operators learn, a bit each.
struct Learned {
  std::string_view op;
  uint32_t inputs;
};
constexpr Learned kLearned[] = {
    {"Conv", 0b110},
    {"ConvTranspose", 0b110},
    {"Gemm", 0b110},
    {"MatMul", 0b11},
    {"Add", 0b11},
    {"BatchNormalization", 0b110},
    {"InstanceNormalization", 0b110},
    {"GroupNormalization", 0b110},
    {"LayerNormalization", 0b110},
    {"RMSNormalization", 0b10},
    {"PRelu", 0b10},
    {"Gather", 0b1},
    {"LSTM", 0b1110},
    {"GRU", 0b1110},
    {"RNN", 0b1110},
};

bool is_learnable(const Graph& graph, ValueId id) {
  const ConstantTensor& constant = graph[id].constant;
  return constant && constant->dtype() == DType::f32 && constant->shape().rank() > 0 &&
         std::ranges::all_of(constant->span<float>(), [](float x) { return std::isfinite(x); });
}

}  // namespace

std::vector<ValueId> trainable_constants(const Graph& graph) {
  std::vector<ValueId> found;
  for (const Node& node : graph.nodes) {
    const auto row = std::ranges::find(kLearned, node.op->name, &Learned::op);
    if (row == std::end(kLearned)) continue;
    for (std::size_t i = 0; i < node.inputs.size(); ++i)
      if (row->inputs >> i & 1 && node.has_input(i) && is_learnable(graph, node.inputs[i]) &&
          std::ranges::find(found, node.inputs[i]) == found.end())
        found.push_back(node.inputs[i]);
  }
  return found;
}

std::string layer_target(std::string_view layer) { return text("{}.{}", kTargets, layer); }

Trainer::Trainer(Graph network, TrainingOptions options, const KernelPolicy& kernels)
    : network_(std::move(network)), options_(std::move(options)), kernels_(kernels) {
  choose_parameters();
}

Trainer::Trainer(FakeQuantized network, TrainingOptions options, const KernelPolicy& kernels)
    : network_(network.unfolded.nodes.empty() ? network.plan.graph : network.unfolded),
      fake_(std::move(network)),
      options_(std::move(options)),
      kernels_(kernels) {
  choose_parameters();
}

void Trainer::choose_parameters() {
  std::vector<ValueId> chosen;
  if (options_.parameters.empty()) chosen = trainable_constants(network_);
  for (const std::string& name : options_.parameters) {
    chosen.push_back(find_value(network_, name));
    require(chosen.back() != kNoValue && network_[chosen.back()].constant &&
                network_[chosen.back()].constant->dtype() == DType::f32,
            ErrorCode::invalid_option, "the network has no float32 parameter '{}'", name);
  }
  require(!chosen.empty(), ErrorCode::unsupported, "the network has no parameters to train");
  std::vector<ValueId> statistics;
  if (options_.batch_statistics) {
    statistics = running_statistics(network_);
    require(!statistics.empty(), ErrorCode::unsupported,
            "batchNormalization: the network has none, or all of it is folded into convolutions");
    for (const ValueId id : chosen)
      require(std::ranges::find(statistics, id) == statistics.end(), ErrorCode::invalid_option,
              "'{}' follows batches, and is no parameter", network_[id].name);
  }
  begin_.reserve(own_states() + chosen.size() + statistics.size());
  for (std::size_t slot = 0; slot < fake_.states.size(); ++slot)
    begin_.push_back({std::string(range_name(slot)), Tensor::copy_of(fake_.states[slot].view())});
  const auto keep = [&](const std::vector<ValueId>& ids, std::vector<ValueId>& kept) {
    for (const ValueId id : ids) {
      const Value& value = network_[id];
      begin_.push_back({value.name, Tensor::copy_of(value.constant->view())});
      kept.push_back(find_value(trained(), value.name));
      require(kept.back() != kNoValue, ErrorCode::unsupported,
              "'{}' cannot be trained: what is behind its BatchNormalization is folded, too", value.name);
    }
  };
  keep(chosen, parameters_);
  for (const auto& learned : fake_.learned)
    begin_.push_back({fake_.graph[learned.scale].name, Tensor::copy_of(learned.start->view())});
  keep(statistics, statistics_);
}

std::string_view Trainer::range_name(std::size_t slot) const {
  return fake_.graph[fake_.graph.inputs[fake_.graph.states[slot].input]].name;
}

void Trainer::configure(const LossOptions& loss, const OptimizerOptions& optimizer) {
  // Schedules are no part of graphs.
  if (loss == options_.loss && optimizer == options_.optimizer) return;
  begin_ = state();
  if (optimizer.kind != options_.optimizer.kind) {
    steps_ = 0;
    begin_.erase(begin_.begin() + static_cast<std::ptrdiff_t>(own_states()), begin_.end());
  }
  options_.loss = loss;
  options_.optimizer = optimizer;
  built_.clear();
  state_ = nullptr;
}

Trainer::Differentiated Trainer::differentiate(std::span<const Feed> feeds, const TensorView& targets) const {
  Differentiated made{.graph = trained()};
  Graph& graph = made.graph;
  const auto fed = [&](std::string_view name) -> TensorType {
    const auto feed = std::ranges::find(feeds, name, &Feed::name);
    require(feed != feeds.end(), ErrorCode::invalid_input, "input '{}' is missing", name);
    return {feed->tensor.dtype, feed->tensor.shape};
  };
  for (std::size_t i = 0; i < network_.inputs.size(); ++i) {
    Value& input = graph[graph.inputs[i]];
    static_cast<TensorType&>(input) = fed(input.name);
  }
  for (const std::vector<ValueId>* ids : {&parameters_, &statistics_})
    for (const ValueId id : *ids) {
      graph[id].constant = nullptr;
      graph.inputs.push_back(id);
    }
  std::vector<ValueId> learns = parameters_;
  for (const auto& learned : fake_.learned) learns.push_back(learned.scale);
  const ValueId target = graph.add_value({{targets.dtype, targets.shape}, std::string(kTargets)});
  graph.inputs.push_back(target);
  infer_shapes(graph);
  std::vector<ValueId> detached = fake_.detached;
  if (!statistics_.empty()) {
    const ValueId share = graph.add_value({{DType::f32, Shape()}, kBatchShare});
    graph.inputs.push_back(share);
    use_batch_statistics(graph, share, detached);
  }
  made.loss = add_loss(graph, options_.loss, graph.outputs[0], target);
  for (const std::string& name : options_.loss.layers) {
    const ValueId hint = graph.add_value({fed(layer_target(name)), layer_target(name)});
    graph.inputs.push_back(hint);
    made.loss = add_layer_loss(graph, options_.loss, made.loss, find_layer(graph, name), hint);
  }
  made.gradients = add_gradients(graph, made.loss, learns, detached);
  return made;
}

std::shared_ptr<State> Trainer::first_state(const Graph& graph) {
  auto made = std::make_shared<State>(graph);
  std::vector<std::string> slots;
  slots.reserve(graph.states.size());
  for (const StateSlot& slot : graph.states) {
    const std::string& name = graph[graph.inputs[slot.input]].name;
    const auto begin = std::ranges::find(begin_, name, &NamedState::name);
    const TensorView& to = (*made)[slots.size()];
    if (begin != begin_.end() && begin->tensor.dtype() == to.dtype && begin->tensor.shape() == to.shape)
      std::memcpy(to.data, begin->tensor.view().data, begin->tensor.bytes());
    slots.push_back(name);
  }
  slots_ = std::move(slots);
  return made;
}

Executor& Trainer::executor_for(std::span<const Feed> feeds, const TensorView& targets) {
  std::vector<std::pair<DType, Shape>> types;
  types.reserve(feeds.size() + 1);
  for (const Feed& feed : feeds) types.emplace_back(feed.tensor.dtype, feed.tensor.shape);
  types.emplace_back(targets.dtype, targets.shape);
  if (const auto known = std::ranges::find(built_, types, &Built::types); known != built_.end())
    return *known->executor;
  auto [graph, loss, gradients] = differentiate(feeds, targets);
  // Ranges are outputs as well, from which their slots begin the next step.
  if (graph.states.empty()) graph.outputs.resize(1);
  graph.outputs[0] = loss;
  std::vector<Trained> trained;
  trained.reserve(gradients.size());
  for (std::size_t i = 0; i < parameters_.size(); ++i)
    trained.push_back({parameters_[i], gradients[i],
                       options_.optimizer.decays_vectors || graph[parameters_[i]].shape->rank() > 1});
  Backward b(graph);
  for (std::size_t i = 0; i < fake_.learned.size(); ++i) {
    const auto& learned = fake_.learned[i];
    const double elements = static_cast<double>(graph[learned.of].shape->elements());
    const ValueId share = b.number(1 / std::sqrt(std::max(elements, 1.0) * learned.qmax));
    trained.push_back({learned.scale, b.add("Mul", {gradients[parameters_.size() + i], share}), false,
                       options_.optimizer.scale_rate});
  }
  add_updates(graph, options_.optimizer, std::move(trained));
  remove_dead(graph);
  if (!state_) state_ = first_state(graph);
  auto executor = compile_training(std::move(graph), kernels_);
  executor->use(state_);
  if (built_.size() == kMostBuilt) built_.erase(built_.begin());
  built_.push_back({std::move(types), std::move(executor)});
  return *built_.back().executor;
}

void Trainer::check_classes(const TensorView& targets) const {
  if (targets.dtype != DType::s64 || options_.loss.kind != LossKind::cross_entropy) return;
  const std::optional<Shape>& shape = network_[network_.outputs[0]].shape;
  if (!shape || shape->rank() < 2 || (*shape)[1] == kDynamic) return;
  const int64_t classes = (*shape)[1];
  for (const int64_t label : targets.span<int64_t>())
    require(label >= 0 && label < classes, ErrorCode::invalid_data, "a label is {}, but there are {} classes",
            label, classes);
}

float Trainer::step(std::span<const Feed> feeds, const TensorView& targets, const StepOptions& options) {
  check_classes(targets);
  Executor& executor = executor_for(feeds, targets);
  const StepRates rates =
      rates_of(options_.optimizer, options_.optimizer.learning_rate * options.rate_factor, steps_);
  const StepFeeds fed = step_feeds(feeds, targets, options, &rates);
  const float loss = *executor.run(fed.feeds)[0].as<float>();
  ++steps_;
  require(std::isfinite(loss), ErrorCode::invalid_data, "the loss is not finite after {} steps", steps_);
  return loss;
}

Trainer::StepFeeds Trainer::step_feeds(std::span<const Feed> feeds, const TensorView& targets,
                                       const StepOptions& options, const StepRates* rates) const {
  StepFeeds made{.feeds = {feeds.begin(), feeds.end()}};
  made.feeds.emplace_back(kTargets, targets);
  // Feeds are views of what lies elsewhere: scalars may move, their elements stay.
  const auto add = [&](const char* name, float value) {
    made.scalars.push_back(Tensor::of<float>(Shape(), {value}));
    made.feeds.emplace_back(name, &made.scalars.back());
  };
  if (rates != nullptr) {
    add(StepRates::kRate, rates->rate);
    add(StepRates::kDecay, rates->decay);
    add(StepRates::kDeviation, rates->deviation);
  }
  if (!statistics_.empty()) add(kBatchShare, options.freezes_statistics ? 0 : 1);
  if (fake_.ranges.empty() && fake_.sizes.empty()) return made;
  const ObservingRates observing = observing_rates(options.freezes_observers);
  for (std::size_t i = 0; i < std::size(observing.values); ++i)
    add(ObservingRates::kInputs[i], observing.values[i]);
  return made;
}

std::vector<Tensor> Trainer::gradients(std::span<const Feed> feeds, const TensorView& targets) const {
  check_classes(targets);
  auto [graph, loss, gradients] = differentiate(feeds, targets);
  graph.states.clear();  // ranges are fed, and what they would become is let go
  graph.outputs.assign(gradients.begin(),
                       gradients.begin() + static_cast<std::ptrdiff_t>(parameters_.size()));
  remove_dead(graph);
  const std::unique_ptr<Executor> executor = compile_training(std::move(graph), kernels_);
  StepFeeds fed = step_feeds(feeds, targets, {}, nullptr);
  for (const NamedState& each : std::span(begin_).first(own_states()))
    fed.feeds.emplace_back(each.name, kept(each.name));
  std::vector<Tensor> made;
  made.reserve(parameters_.size());
  for (const TensorView& gradient : executor->run(fed.feeds)) made.push_back(Tensor::copy_of(gradient));
  return made;
}

TrainingMemory Trainer::memory(std::span<const Feed> feeds, const TensorView& targets) {
  Executor& executor = executor_for(feeds, targets);
  const StepRates none{};
  const StepFeeds fed = step_feeds(feeds, targets, {}, &none);
  TrainingMemory made{.activations = executor.session_for(fed.feeds)->program().arena_bytes};
  for (std::size_t slot = 0; slot < slots_.size(); ++slot) made.state += (*state_)[slot].bytes();
  return made;
}

TensorView Trainer::kept(std::string_view name) const {
  if (const auto slot = std::ranges::find(slots_, name); state_ && slot != slots_.end())
    return (*state_)[static_cast<std::size_t>(slot - slots_.begin())];
  return std::ranges::find(begin_, name, &NamedState::name)->tensor.view();
}

std::vector<NamedState> Trainer::state() const {
  std::vector<NamedState> all;
  // In the order of begin_, which configure() knows, then moments.
  for (const NamedState& each : begin_) all.push_back({each.name, Tensor::copy_of(kept(each.name))});
  for (const std::string& name : slots_)
    if (state_ && std::ranges::find(begin_, name, &NamedState::name) == begin_.end())
      all.push_back({name, Tensor::copy_of(kept(name))});
  return all;
}

void Trainer::restore(std::vector<NamedState> state, OptimizerKind optimizer, int64_t steps) {
  require(steps >= 0, ErrorCode::invalid_input, "a training of {} steps is not continued", steps);
  std::vector<NamedState> begin;
  begin.reserve(state.size());
  for (const NamedState& mine : std::span(begin_).first(own_states())) {
    const auto given = std::ranges::find(state, mine.name, &NamedState::name);
    require(given != state.end(), ErrorCode::invalid_input, "the training has no '{}'", mine.name);
    require(given->tensor.dtype() == mine.tensor.dtype() && given->tensor.shape() == mine.tensor.shape(),
            ErrorCode::invalid_input, "'{}' of the training is of shape {} and not {}", mine.name,
            given->tensor.shape(), mine.tensor.shape());
    begin.push_back(std::move(*given));
    state.erase(given);
  }
  for (NamedState& moment : state) begin.push_back(std::move(moment));
  begin_ = std::move(begin);
  options_.optimizer.kind = optimizer;
  steps_ = steps;
  built_.clear();
  state_ = nullptr;
}

std::vector<std::string> Trainer::parameters() const {
  std::vector<std::string> names;
  names.reserve(parameters_.size());
  for (const ValueId id : parameters_) names.push_back(trained()[id].name);
  return names;
}

TensorView Trainer::parameter(std::size_t i) const { return kept(trained()[parameters_[i]].name); }

QuantizationPlan Trainer::plan() const {
  std::vector<TensorView> states, scales;
  states.reserve(fake_.states.size());
  scales.reserve(fake_.learned.size());
  for (std::size_t slot = 0; slot < fake_.states.size(); ++slot) states.push_back(kept(range_name(slot)));
  for (const auto& learned : fake_.learned) scales.push_back(kept(fake_.graph[learned.scale].name));
  Graph now = network();
  if (!fake_.unfolded.nodes.empty()) {
    now = folded(std::move(now), kernels_);
    require(now.nodes.size() == fake_.plan.graph.nodes.size(), ErrorCode::invalid_data,
            "BatchNormalization cannot be folded any more: its scale is not finite, or next to nothing");
  }
  return trained_plan(fake_, std::move(now), states, scales);
}

Graph Trainer::converted() const { return insert_qdq(plan(), nullptr); }

Graph Trainer::network() const {
  Graph graph = network_;
  for (const std::vector<ValueId>* ids : {&parameters_, &statistics_})
    for (const ValueId id : *ids) {
      const std::string& name = trained()[id].name;
      graph[find_value(graph, name)].constant = std::make_shared<const Tensor>(Tensor::copy_of(kept(name)));
    }
  return graph;
}

}  // namespace octavo
