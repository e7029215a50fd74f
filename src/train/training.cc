#include "train/training.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>

#include "base/error.h"
#include "train/take_over.h"

namespace octavo {

namespace {

// Of the file: metadata, and what training began with: the tensor [n, 2] of ranges, in the order of the plan, or the
// bytes of the quantized model's file.
constexpr std::string_view kNote = "octavo.training", kOptimizer = "octavo.optimizer",
                           kSteps = "octavo.steps";
constexpr std::string_view kOptimizers[] = {"sgd", "adam", "adamw"};  // by OptimizerKind
constexpr std::string_view kRanges = "octavo.ranges", kFrom = "octavo.from";

// Rounding to the nearest: what others are rounded by is what training makes up for.
QuantizationPlan plan_of(const Model& model, const TrainingTarget& target) {
  const Graph graph = target.unfolds() ? folded(target.unfolded, model.kernels()) : model.graph();
  QuantizationPlan plan;
  if (const auto* const weights = std::get_if<WeightsOptions>(&target.rounded->quantization)) {
    WeightsOptions options = *weights;
    options.rounding = Rounding::nearest;
    plan = plan_weights(graph, options);
  } else {
    StaticOptions options = std::get<StaticOptions>(target.rounded->quantization);
    options.rounding = Rounding::nearest;
    options.bias_correction = false;
    plan = plan_static(graph, options);
  }
  require(!plan.values.empty() || !plan.operands.empty(), ErrorCode::unsupported,
          "the network has nothing to quantize");
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
    : Training(model, target, target.rounded ? plan_of(model, target) : QuantizationPlan(), {}) {}

Training::Training(const Model& model, const TrainingTarget& target, QuantizationPlan plan, Ranges ranges)
    : teacher_(model.with_graph(model.graph())),
      is_rounded_(target.rounded.has_value()),
      ranges_(std::move(ranges)),
      trainer_(is_rounded_
                   ? Trainer(rounded(std::move(plan), ranges_, target), options_of(target), model.kernels())
                   : Trainer(target.unfolds() ? target.unfolded : model.graph(), options_of(target),
                             model.kernels())) {}

std::unique_ptr<Training> Training::begin(const Model& model, const TrainingTarget& target,
                                          const Model& quantized) {
  QuantizationPlan plan = plan_of(model, target);
  Ranges ranges = take_over(plan, quantized.graph(), model.kernels());
  auto made = std::make_unique<Training>(model, target, std::move(plan), std::move(ranges));
  made->from_ = quantized.to_onnx();
  return made;
}

std::unique_ptr<Training> Training::resume(const Model& model, const TrainingTarget& target,
                                           const SavedTraining& saved) {
  std::vector<NamedState> state;
  state.reserve(saved.graph_.outputs.size());
  const Tensor *ranges = nullptr, *from = nullptr;
  for (const ValueId id : saved.graph_.outputs) {
    const Value& value = saved.graph_[id];
    if (value.name == kRanges)
      ranges = value.constant.get();
    else if (value.name == kFrom)
      from = value.constant.get();
    else
      state.push_back({value.name, Tensor::copy_of(value.constant->view())});
  }
  std::unique_ptr<Training> made;
  if (target.rounded && from) {
    require(from->dtype() == DType::u8, ErrorCode::invalid_input, "the training began from no model");
    try {
      made = begin(model, target, *Model::load(std::as_bytes(from->span<uint8_t>()), model.kernels()));
    } catch (const Error& error) {
      if (error.code() != ErrorCode::invalid_option) throw;
      throw Error(ErrorCode::invalid_input, error.what());
    }
  } else {
    QuantizationPlan plan = target.rounded ? plan_of(model, target) : QuantizationPlan();
    Ranges begin = target.rounded ? ranges_of(plan, ranges) : Ranges();
    made = std::make_unique<Training>(model, target, std::move(plan), std::move(begin));
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
  if (!from_.empty())
    add(std::string(kFrom),
        Tensor::of<uint8_t>({std::ssize(from_)},
                            {reinterpret_cast<const uint8_t*>(from_.data()), from_.size()}));
  else if (is_rounded_)
    add(std::string(kRanges), to_tensor(ranges_));
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
