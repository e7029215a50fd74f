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

namespace octavo {

namespace {

constexpr std::string_view kTargets = "octavo.targets";

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

Trainer::Trainer(Graph network, TrainingOptions options, const KernelPolicy& kernels)
    : network_(std::move(network)), options_(std::move(options)), kernels_(kernels) {
  choose_parameters();
}

Trainer::Trainer(FakeQuantized network, TrainingOptions options, const KernelPolicy& kernels)
    : network_(network.plan.graph),
      fake_(std::move(network)),
      options_(std::move(options)),
      kernels_(kernels) {
  choose_parameters();
}

void Trainer::choose_parameters() {
  if (options_.parameters.empty()) parameters_ = trainable_constants(network_);
  for (const std::string& name : options_.parameters) {
    const auto value = std::ranges::find(network_.values, name, &Value::name);
    require(value != network_.values.end() && value->constant && value->constant->dtype() == DType::f32,
            ErrorCode::invalid_option, "the network has no float32 parameter '{}'", name);
    parameters_.push_back(static_cast<ValueId>(value - network_.values.begin()));
  }
  require(!parameters_.empty(), ErrorCode::unsupported, "the network has no parameters to train");
}

Graph Trainer::build(std::span<const Feed> feeds, const TensorView& targets) const {
  Graph graph = fake_.graph.nodes.empty() ? network_ : fake_.graph;
  for (const ValueId id : network_.inputs) {
    const auto feed = std::ranges::find(feeds, graph[id].name, &Feed::name);
    require(feed != feeds.end(), ErrorCode::invalid_input, "input '{}' is missing", graph[id].name);
    graph[id].dtype = feed->tensor.dtype;
    graph[id].shape = feed->tensor.shape;
  }
  for (const ValueId id : parameters_) {
    graph[id].constant = nullptr;
    graph.inputs.push_back(id);
  }
  std::vector<ValueId> learns = parameters_;
  for (const auto& learned : fake_.learned) learns.push_back(learned.scale);
  const ValueId target = graph.add_value({{targets.dtype, targets.shape}, std::string(kTargets)});
  graph.inputs.push_back(target);
  infer_shapes(graph);
  const ValueId loss = add_loss(graph, options_.loss, graph.outputs[0], target);
  // Ranges are outputs as well, from which their slots begin the next step.
  if (graph.states.empty()) graph.outputs.resize(1);
  graph.outputs[0] = loss;
  const std::vector<ValueId> gradients = add_gradients(graph, loss, learns, fake_.detached);
  std::vector<Trained> trained;
  trained.reserve(learns.size());
  for (std::size_t i = 0; i < parameters_.size(); ++i) trained.push_back({parameters_[i], gradients[i]});
  Backward b(graph);
  for (std::size_t i = 0; i < fake_.learned.size(); ++i) {
    const auto& learned = fake_.learned[i];
    const double elements = static_cast<double>(graph[learned.of].shape->elements());
    const ValueId share = b.number(1 / std::sqrt(std::max(elements, 1.0) * learned.qmax));
    trained.push_back({learned.scale, b.add("Mul", {gradients[parameters_.size() + i], share}), false,
                       options_.scale_rate});
  }
  add_updates(graph, options_.optimizer, std::move(trained));
  remove_dead(graph);
  return graph;
}

Executor& Trainer::executor_for(std::span<const Feed> feeds, const TensorView& targets) {
  std::vector<std::pair<DType, Shape>> types;
  for (const Feed& feed : feeds) types.emplace_back(feed.tensor.dtype, feed.tensor.shape);
  types.emplace_back(targets.dtype, targets.shape);
  if (const auto known = std::ranges::find(built_, types, &Built::types); known != built_.end())
    return *known->executor;
  Graph graph = build(feeds, targets);
  if (!state_) {
    state_ = std::make_shared<State>(graph);
    for (std::size_t slot = 0; slot < fake_.states.size(); ++slot)
      std::memcpy((*state_)[slot].data, fake_.states[slot].view().data, fake_.states[slot].bytes());
    const auto begin = [&](const std::string& name, const TensorView& from) {
      const auto slot = std::ranges::find_if(
          graph.states, [&](const StateSlot& each) { return graph[graph.inputs[each.input]].name == name; });
      slots_.push_back(static_cast<std::size_t>(slot - graph.states.begin()));
      std::memcpy((*state_)[slots_.back()].data, from.data, from.bytes());
    };
    for (const ValueId id : parameters_) begin(network_[id].name, network_[id].constant->view());
    for (const auto& learned : fake_.learned) begin(fake_.graph[learned.scale].name, learned.start->view());
  }
  // Q and DQ stay: what integers would compute has no gradient.
  choose_layout(graph);
  fuse_activations(graph);
  auto executor = std::make_unique<Executor>(compile(std::move(graph), kernels_));
  executor->use(state_);
  built_.push_back({std::move(types), std::move(executor)});
  return *built_.back().executor;
}

float Trainer::step(std::span<const Feed> feeds, const TensorView& targets, const StepOptions& options) {
  Executor& executor = executor_for(feeds, targets);
  const StepRates rates =
      rates_of(options_.optimizer, options_.optimizer.learning_rate * options.rate_factor, steps_);
  const Tensor scalars[] = {Tensor::of<float>(Shape(), {rates.rate}),
                            Tensor::of<float>(Shape(), {rates.decay}),
                            Tensor::of<float>(Shape(), {rates.deviation})};
  constexpr const char* kNames[] = {StepRates::kRate, StepRates::kDecay, StepRates::kDeviation};
  std::vector<Feed> all(feeds.begin(), feeds.end());
  all.emplace_back(kTargets, targets);
  for (std::size_t i = 0; i < std::size(kNames); ++i) all.emplace_back(kNames[i], &scalars[i]);
  std::vector<Tensor> observing;
  if (!fake_.ranges.empty())
    for (const float rate : observing_rates(options.freezes_observers).values)
      observing.push_back(Tensor::of<float>(Shape(), {rate}));
  for (std::size_t i = 0; i < observing.size(); ++i)
    all.emplace_back(ObservingRates::kInputs[i], &observing[i]);
  const float loss = *executor.run(all)[0].as<float>();
  ++steps_;
  require(std::isfinite(loss), ErrorCode::invalid_input, "the loss is not finite after {} steps", steps_);
  return loss;
}

std::vector<std::string> Trainer::parameters() const {
  std::vector<std::string> names;
  names.reserve(parameters_.size());
  for (const ValueId id : parameters_) names.push_back(network_[id].name);
  return names;
}

TensorView Trainer::parameter(std::size_t i) const {
  return state_ ? (*state_)[slots_[i]] : network_[parameters_[i]].constant->view();
}

Graph Trainer::converted() const {
  std::vector<TensorView> states, scales;
  states.reserve(fake_.states.size());
  scales.reserve(fake_.learned.size());
  for (std::size_t slot = 0; slot < fake_.states.size(); ++slot)
    states.push_back(state_ ? (*state_)[slot] : fake_.states[slot].view());
  for (std::size_t i = 0; i < fake_.learned.size(); ++i)
    scales.push_back(state_ ? (*state_)[slots_[parameters_.size() + i]] : fake_.learned[i].start->view());
  return convert(fake_, network(), states, scales);
}

Graph Trainer::network() const {
  Graph graph = network_;
  for (std::size_t i = 0; i < parameters_.size(); ++i)
    graph[parameters_[i]].constant = std::make_shared<const Tensor>(Tensor::copy_of(parameter(i)));
  return graph;
}

}  // namespace octavo
