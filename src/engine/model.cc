#include <algorithm>

#include "engine/engine.h"
#include "graph/op_def.h"
#include "graph/qdq.h"

namespace octavo {

std::unique_ptr<Model> Model::load(FileMemory file, const KernelPolicy& kernels,
                                   std::vector<onnx::ExternalFile> externals,
                                   std::span<const onnx::NamedTensor> initializers) {
  return std::unique_ptr<Model>(
      new Model(onnx::read_model(std::move(file), std::move(externals), initializers), kernels));
}

Model::Model(onnx::Model model, const KernelPolicy& kernels) : model_(std::move(model)), kernels_(kernels) {
  add_operators(model_.graph, read_operators_);
  simplify(model_.graph, kernels_);
  for (ValueId id : model_.graph.outputs)
    require(model_.graph[id].dtype.has_value(), ErrorCode::invalid_model,
            "the output '{}' has no type, and none follows from its node", model_.graph[id].name);
}

std::unique_ptr<Model> Model::with_graph(onnx::Model model, Graph graph, const KernelPolicy& kernels) {
  model.graph = std::move(graph);
  model.overridable_initializers.clear();
  std::unique_ptr<Model> made(new Model(std::move(model), kernels));
  made->model_.tensor_bytes = onnx::tensor_bytes_of(made->graph());
  return made;
}

Model::LoweredModel& Model::lowered() {
  if (!lowered_) {
    LoweredModel made{model_.graph, {}, 0};
    made.islands = lower(made.graph, kernels_);
    made.integer_nodes = static_cast<int>(std::ranges::count_if(
        made.graph.nodes, [&](const Node& node) { return computes_with_integers(made.graph, node); }));
    lowered_ = std::move(made);
  }
  return *lowered_;
}

StagedExecutor& Model::executor() {
  if (!executor_) {
    executor_ = std::make_unique<StagedExecutor>(
        compile_stages(lowered().graph, run_policy(lowered().graph, kernels_)));
    lowered_->graph = {};
  }
  return *executor_;
}

std::shared_ptr<Session> Model::bind(std::span<const Feed> feeds) {
  Executor* const only = executor().only();
  if (only == nullptr) return nullptr;
  const std::shared_ptr<Session>& session = only->bind(feeds);
  const auto is_made = [](const Slot& output) { return output.kind == Slot::Kind::made; };
  return std::ranges::any_of(session->program().outputs, is_made) ? nullptr : session;
}

std::vector<StepTime> Model::profile(std::span<const Feed> feeds, int repeats) {
  require(repeats > 0, ErrorCode::invalid_option, "option 'repeats' is a whole number above 0");
  require(executor().only() != nullptr, ErrorCode::unsupported,
          "a network whose shapes depend on data is not profiled");
  Executor& single = *executor().only();
  std::vector<double> ms(single.session_for(feeds)->program().steps.size());
  for (int i = 0; i < repeats; ++i) single.bind(feeds)->run_profiled(ms);
  const Session& session = *single.session_for(feeds);
  std::vector<StepTime> times;
  for (std::size_t i = 0; i < ms.size(); ++i) {
    const Node& node = *session.program().steps[i].node;
    times.push_back({node.name, node.op->name, ms[i] / repeats});
  }
  return times;
}

std::unique_ptr<Model> Model::quantize_dynamic(const DynamicOptions& options) const {
  return with_graph(model_, insert_qdq(plan_dynamic(model_.graph, options)), kernels_);
}

std::unique_ptr<Calibration> Model::calibrate(const StaticOptions& options) const {
  return std::make_unique<Calibration>(*this, options);
}

std::unique_ptr<Model> Model::quantize_weights(const WeightsOptions& options) const {
  require(options.rounding != Rounding::gptq, ErrorCode::invalid_option,
          "option 'rounding': 'gptq' needs calibration data");
  return with_graph(model_, insert_qdq(plan_weights(model_.graph, options)), kernels_);
}

std::unique_ptr<Calibration> Model::calibrate(const WeightsOptions& options) const {
  return calibrate_for(plan_weights(model_.graph, options));
}

std::unique_ptr<Calibration> Model::calibrate_for(QuantizationPlan plan) const {
  return std::make_unique<Calibration>(*this, std::move(plan));
}

std::unique_ptr<LayerComparer> Model::compare_layers(const Model& quantized) const {
  return std::make_unique<LayerComparer>(model_.graph, quantized.model_.graph, kernels_);
}

Calibration::Calibration(const Model& model, QuantizationPlan plan)
    : model_(model.model_), kernels_(model.kernels_), plan_(std::move(plan)), calibrator_(plan_, kernels_) {
  Graph observed = observed_graph(plan_);
  lower(observed, kernels_);
  executor_ = std::make_unique<StagedExecutor>(compile_stages(std::move(observed), kernels_));
}

Calibration::Calibration(const Model& model, const StaticOptions& options)
    : Calibration(model, plan_static(model.graph(), options)) {
  options_ = options;
}

void Calibration::rewrite() {
  if (rewrites_) return;
  rewrites_.emplace();
  if (plan_.equalizes) rewrites_->push_back(equalize(plan_, calibrator_));
  if (plan_.smoothing > 0) rewrites_->push_back(smooth(plan_, calibrator_));
}

std::unique_ptr<Model> Calibration::finish(const QuantizationPlan& plan, RoundedWeights* roundings) {
  std::vector<Applied> applied = *rewrites_;
  std::unique_ptr<Model> model =
      Model::with_graph(model_, insert_qdq(plan, &calibrator_, &applied, roundings), kernels_);
  model->applied_ = std::move(applied);
  return model;
}

std::unique_ptr<Model> Calibration::finish() {
  rewrite();
  return finish(plan_, nullptr);
}

std::unique_ptr<Model> Calibration::finish_part(const PlanSubset& subset) {
  require(options_.has_value(), ErrorCode::unsupported, "weights alone are not quantized in parts");
  rewrite();
  return finish(partial_plan(plan_, calibrator_, *options_, subset), &roundings_);
}

std::vector<std::string> Calibration::layers() const {
  std::vector<std::string> names;
  for (const uint32_t n : plan_.layers) names.push_back(plan_.graph.nodes[n].name);
  return names;
}

}  // namespace octavo
