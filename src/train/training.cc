#include "train/training.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>

#include "base/error.h"
#include "graph/qdq.h"
#include "graph/rewriter.h"

namespace octavo {

namespace {

// Of the file: metadata, and the tensor [n, 2] of the ranges that training began with, in the order of the plan.
constexpr std::string_view kNote = "octavo.training", kOptimizer = "octavo.optimizer",
                           kSteps = "octavo.steps";
constexpr std::string_view kOptimizers[] = {"sgd", "adam", "adamw"};  // by OptimizerKind
constexpr std::string_view kRanges = "octavo.ranges";

// Rounding to the nearest: what others are rounded by is what training makes up for.
QuantizationPlan plan_of(const Model& model, const TrainingTarget& target) {
  StaticOptions options = target.rounded->quantization;
  options.rounding = Rounding::nearest;
  options.bias_correction = false;
  QuantizationPlan plan =
      plan_static(target.unfolds() ? folded(target.unfolded, model.kernels()) : model.graph(), options);
  require(!plan.values.empty(), ErrorCode::unsupported, "the network has nothing to quantize");
  return plan;
}

TrainingOptions options_of(const TrainingTarget& target) {
  return {.parameters = target.parameters, .batch_statistics = target.batch_statistics};
}

FakeQuantized rounded(QuantizationPlan plan, const Ranges& ranges, const TrainingTarget& target) {
  FakeQuantized made = fake_quantize(std::move(plan), ranges, target.rounded->scales);
  if (target.unfolds()) unfold_normalization(made, target.unfolded);
  return made;
}

Tensor to_tensor(const Ranges& ranges) {
  Tensor tensor(DType::f32, {static_cast<int64_t>(ranges.size()), 2});
  float* to = tensor.span<float>().data();
  for (const auto& [id, range] : ranges) {
    *to++ = range.min;
    *to++ = range.max;
  }
  return tensor;
}

Ranges ranges_of(const QuantizationPlan& plan, const Tensor* tensor) {
  Ranges ranges;
  for (const auto& [id, spec] : plan.values)
    if (plan.observed(id) == id) ranges[id] = {};
  require(tensor != nullptr && tensor->dtype() == DType::f32 &&
              tensor->shape() == Shape{static_cast<int64_t>(ranges.size()), 2},
          ErrorCode::invalid_input, "the training is of another network, or was quantized otherwise");
  const float* from = tensor->span<float>().data();
  for (auto& [id, range] : ranges) {
    range = {from[0], from[1]};
    require(std::isfinite(range.min) && std::isfinite(range.max) && range.min <= range.max,
            ErrorCode::invalid_input, "the training has a range that is none");
    from += 2;
  }
  return ranges;
}

// What a quantized network rounds to, by the names of what is rounded.
Ranges ranges_of(const QuantizationPlan& plan, const Graph& quantized) {
  std::map<std::string_view, ValueRange> by_name;
  const Uses uses(quantized);
  for (const Node& node : quantized.nodes) {
    if (!is_quantize(node)) continue;
    const auto qparams = read_qparams(quantized, node);
    if (!qparams || !qparams->per_tensor()) continue;
    const auto at = [&](int32_t q) {
      return static_cast<float>(q - qparams->zero_point[0]) * qparams->scale[0];
    };
    const ValueRange range{at(qparams->qmin), at(qparams->qmax)};
    by_name[quantized[node.inputs[0]].name] = range;
    // Integers of few bits are clipped before.
    const uint32_t clip = uses.producer[node.inputs[0]];
    if (clip != Uses::kNone) by_name.emplace(quantized[quantized.nodes[clip].inputs[0]].name, range);
  }
  Ranges ranges;
  for (const auto& [id, spec] : plan.values) {
    if (plan.observed(id) != id) continue;
    const auto range = by_name.find(plan.graph[id].name);
    require(range != by_name.end(), ErrorCode::invalid_option,
            "the quantized model that ranges are taken from has none for '{}'", plan.graph[id].name);
    ranges[id] = range->second;
  }
  return ranges;
}

}  // namespace

SavedTraining::SavedTraining(FileMemory file) {
  onnx::Model model = onnx::read_model(std::move(file));
  graph_ = std::move(model.graph);
  bool is_one = graph_.nodes.empty();
  std::string_view steps, optimizer;
  for (const auto& [key, value] : model.metadata_props) {
    if (key == kNote) note_ = value;
    if (key == kOptimizer) optimizer = value;
    if (key == kSteps) steps = value;
  }
  const auto kind = std::ranges::find(kOptimizers, optimizer);
  is_one &= kind != std::end(kOptimizers);
  optimizer_ = static_cast<OptimizerKind>(kind - kOptimizers);
  const auto [end, error] = std::from_chars(steps.data(), steps.data() + steps.size(), steps_);
  is_one &= !steps.empty() && error == std::errc() && end == steps.data() + steps.size() && steps_ >= 0;
  for (const ValueId id : graph_.outputs) is_one &= graph_[id].is_constant();
  require(is_one, ErrorCode::invalid_input, "the file is no training that was saved");
}

Training::Training(const Model& model, const TrainingTarget& target)
    : teacher_(model.with_graph(model.graph())),
      is_rounded_(false),
      trainer_(target.unfolds() ? target.unfolded : model.graph(), options_of(target), model.kernels()) {}

Training::Training(const Model& model, const TrainingTarget& target, QuantizationPlan plan, Ranges ranges)
    : teacher_(model.with_graph(model.graph())),
      is_rounded_(true),
      ranges_(std::move(ranges)),
      trainer_(rounded(std::move(plan), ranges_, target), options_of(target), model.kernels()) {}

std::unique_ptr<Training> Training::begin(const Model& model, const TrainingTarget& target,
                                          const Model& quantized) {
  QuantizationPlan plan = plan_of(model, target);
  Ranges ranges = ranges_of(plan, quantized.graph());
  return std::make_unique<Training>(model, target, std::move(plan), std::move(ranges));
}

std::unique_ptr<Training> Training::resume(const Model& model, const TrainingTarget& target,
                                           const SavedTraining& saved) {
  std::vector<NamedState> state;
  state.reserve(saved.graph_.outputs.size());
  const Tensor* ranges = nullptr;
  for (const ValueId id : saved.graph_.outputs) {
    const Value& value = saved.graph_[id];
    if (value.name == kRanges)
      ranges = value.constant.get();
    else
      state.push_back({value.name, Tensor::copy_of(value.constant->view())});
  }
  std::unique_ptr<Training> made;
  if (target.rounded) {
    QuantizationPlan plan = plan_of(model, target);
    Ranges begin = ranges_of(plan, ranges);
    made = std::make_unique<Training>(model, target, std::move(plan), std::move(begin));
  } else {
    made = std::make_unique<Training>(model, target);
  }
  made->trainer_.restore(std::move(state), saved.optimizer_, saved.steps_);
  return made;
}

void Training::configure(const TrainingSetup& setup) {
  if (setup.loss.layers != setup_.loss.layers) {
    Graph graph = teacher_->graph();
    graph.outputs.resize(graph.outputs.size() - setup_.loss.layers.size());
    layer_targets_.clear();
    for (const std::string& name : setup.loss.layers) {
      graph.outputs.push_back(find_layer(graph, name));
      layer_targets_.push_back(layer_target(name));
    }
    teacher_ = teacher_->with_graph(std::move(graph));
  }
  setup_ = setup;
  trainer_.configure(setup.loss, setup.optimizer);
}

Training::Lesson Training::lesson_of(std::span<const Feed> feeds, const TensorView* targets) {
  const LossKind kind = setup_.loss.kind;
  require(targets || (kind != LossKind::cross_entropy && kind != LossKind::binary_cross_entropy),
          ErrorCode::invalid_input, "there are no labels, which this loss needs");
  Lesson lesson{.feeds = {feeds.begin(), feeds.end()}};
  if (targets) lesson.targets = *targets;
  if (targets && layer_targets_.empty()) return lesson;
  const std::vector<TensorView>& answers = teacher_->run(feeds);
  if (!targets) lesson.targets = answers[0];
  for (std::size_t i = 0; i < layer_targets_.size(); ++i)
    lesson.feeds.emplace_back(layer_targets_[i], answers[answers.size() - layer_targets_.size() + i]);
  return lesson;
}

TrainingStep Training::step(std::span<const Feed> feeds, const TensorView* targets, int64_t position,
                            StepOptions options) {
  options.rate_factor = rate_factor(setup_.schedule, position);
  const Lesson lesson = lesson_of(feeds, targets);
  const float loss = trainer_.step(lesson.feeds, lesson.targets, options);
  return {static_cast<double>(loss), options.rate_factor * setup_.optimizer.learning_rate};
}

std::vector<Tensor> Training::gradients(std::span<const Feed> feeds, const TensorView* targets) {
  const Lesson lesson = lesson_of(feeds, targets);
  return trainer_.gradients(lesson.feeds, lesson.targets);
}

TrainingMemory Training::memory(std::span<const Feed> feeds, const TensorView* targets) {
  const Lesson lesson = lesson_of(feeds, targets);
  return trainer_.memory(lesson.feeds, lesson.targets);
}

std::unique_ptr<Model> Training::converted() const {
  return is_rounded_ ? teacher_->with_graph(trainer_.converted()) : network();
}

std::unique_ptr<Model> Training::network() const { return teacher_->with_graph(trainer_.network()); }

std::string Training::save(std::string note) const {
  onnx::Model file;
  const auto add = [&](std::string name, Tensor tensor) {
    file.graph.outputs.push_back(file.graph.add_constant(std::move(name), std::move(tensor)));
  };
  if (is_rounded_) add(std::string(kRanges), to_tensor(ranges_));
  for (NamedState& each : trainer_.state()) add(std::move(each.name), std::move(each.tensor));
  file.metadata_props = {
      {std::string(kNote), std::move(note)},
      {std::string(kOptimizer), std::string(kOptimizers[static_cast<std::size_t>(trainer_.optimizer())])},
      {std::string(kSteps), std::to_string(trainer_.steps())}};
  return onnx::write_model(file);
}

TrainingCalibration::TrainingCalibration(const Model& model, TrainingTarget target)
    : model_(model.with_graph(model.graph())),
      target_(std::move(target)),
      calibration_(model.calibrate_for(plan_of(model, target_))) {}

std::unique_ptr<Training> TrainingCalibration::finish() {
  Ranges ranges = observed_ranges(calibration_->plan(), calibration_->calibrator());
  return std::make_unique<Training>(*model_, target_, calibration_->plan(), std::move(ranges));
}

}  // namespace octavo
