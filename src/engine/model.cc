#include "engine/engine.h"
#include "graph/op_def.h"

namespace octavo {

std::unique_ptr<Model> Model::load(FileMemory file, const KernelPolicy& kernels) {
  return std::unique_ptr<Model>(new Model(onnx::read_model(std::move(file)), kernels));
}

Model::Model(onnx::Model model, const KernelPolicy& kernels) : model_(std::move(model)), kernels_(kernels) {
  simplify(model_.graph, kernels_);
}

std::unique_ptr<Model> Model::with_graph(onnx::Model model, Graph graph, const KernelPolicy& kernels) {
  model.graph = std::move(graph);
  return std::unique_ptr<Model>(new Model(std::move(model), kernels));
}

Executor& Model::executor() {
  if (!executor_) {
    Graph lowered = model_.graph;
    lower(lowered, kernels_, &islands_);
    executor_ = std::make_unique<Executor>(compile(std::move(lowered), kernels_));
  }
  return *executor_;
}

std::vector<StepTime> Model::profile(std::span<const Feed> feeds, int repeats) {
  require(repeats > 0, ErrorCode::invalid_option, "option 'repeats' is a whole number above 0");
  std::vector<double> ms(executor().session_for(feeds)->program().steps.size());
  for (int i = 0; i < repeats; ++i) executor().bind(feeds)->run_profiled(ms);
  const Session& session = *executor().session_for(feeds);
  std::vector<StepTime> times;
  for (std::size_t i = 0; i < ms.size(); ++i) {
    const Node& node = *session.program().steps[i].node;
    times.push_back({node.name, node.op->name, ms[i] / repeats});
  }
  return times;
}

std::unique_ptr<Model> Model::quantize_dynamic(const DynamicOptions& options) const {
  return with_graph(model_, octavo::quantize_dynamic(model_.graph, options), kernels_);
}

std::unique_ptr<Calibration> Model::calibrate(const StaticOptions& options) const {
  return std::make_unique<Calibration>(*this, options);
}

std::vector<LayerComparison> Model::compare_layers(const Model& quantized,
                                                   std::span<const Feed> feeds) const {
  return octavo::compare_layers(model_.graph, quantized.model_.graph, kernels_, feeds);
}

Calibration::Calibration(const Model& model, const StaticOptions& options)
    : model_(model.model_),
      kernels_(model.kernels_),
      plan_(prepare_static(model_.graph, options)),
      calibrator_(plan_, kernels_.threads) {
  Graph observed = plan_.observed;
  lower(observed, kernels_);
  executor_ = std::make_unique<Executor>(compile(std::move(observed), kernels_));
}

std::unique_ptr<Model> Calibration::finish() const {
  return Model::with_graph(model_, convert_static(plan_, calibrator_), kernels_);
}

}  // namespace octavo
