#include "runtime/staged.h"

#include <algorithm>

#include "base/error.h"

namespace octavo {

namespace {

bool is_made(const Graph& graph, const Node& node, ValueId output) {
  return node.op->shape_depends_on_data && !graph[output].is_static();
}

// By node: the stage that it runs in.
std::vector<uint32_t> stages_of(const Graph& graph) {
  // By value: the stage in which a step may read it, and the one that may be planned with its contents.
  std::vector<uint32_t> tensors(graph.values.size()), contents(graph.values.size());
  // Feeds of several axes are data: a plan that hung on them would be made anew in every run.
  for (ValueId id : graph.inputs)
    if (!graph[id].shape || graph[id].shape->rank() > 1) contents[id] = 1;
  std::vector<uint32_t> stages;
  for (const Node& node : graph.nodes) {
    uint32_t stage = 0, latest = 0;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const ValueId id = node.inputs[i];
      if (id == kNoValue) continue;
      stage = std::max(stage, tensors[id]);
      if (node.op->shape_operands >> std::min<std::size_t>(i, 31) & 1) stage = std::max(stage, contents[id]);
      latest = std::max(latest, contents[id]);
    }
    // A shape is known as soon as the tensor is.
    if (node.op->reads_shape_only()) latest = stage;
    if (!node.subgraphs.empty()) latest = stage + 1;
    for (ValueId id : node.outputs) {
      if (id == kNoValue) continue;
      tensors[id] = is_made(graph, node, id) ? stage + 1 : stage;
      // What is not computed while its own stage is planned has run before the next one is.
      contents[id] = std::max(tensors[id], latest <= stage ? latest : stage + 1);
    }
    stages.push_back(stage);
  }
  return stages;
}

}  // namespace

std::vector<Stage> split_into_stages(Graph& graph) {
  const std::vector<uint32_t> stages = stages_of(graph);
  std::vector<Stage> parts(stages.empty() ? 1 : *std::ranges::max_element(stages) + 1);
  if (parts.size() == 1) {
    parts[0].graph = std::move(graph);
    return parts;
  }
  require(graph.states.empty(), ErrorCode::unsupported, "states beside shapes that depend on data");
  constexpr uint32_t kNowhere = ~0u;
  std::vector<uint32_t> made_in(graph.values.size(), kNowhere);  // by value: the stage of its node
  Flags read_later(graph.values.size());  // in a later stage than its own, or as an output
  for (std::size_t n = 0; n < stages.size(); ++n) {
    for (ValueId id : graph.nodes[n].outputs)
      if (id != kNoValue) made_in[id] = stages[n];
    for (ValueId id : graph.nodes[n].inputs)
      if (id != kNoValue && made_in[id] != stages[n]) read_later[id] = true;
    parts[stages[n]].graph.nodes.push_back(std::move(graph.nodes[n]));
  }
  graph.nodes.clear();
  for (ValueId id : graph.outputs) read_later[id] = true;
  // Each part has the values that its nodes mention.
  std::vector<ValueId> here(graph.values.size(), kNoValue), mentioned;
  for (uint32_t stage = 0; stage < parts.size(); ++stage) {
    auto& [part, inputs, outputs, model] = parts[stage];
    part.name = graph.name;
    for (Node& node : part.nodes)
      for (auto* ids : {&node.inputs, &node.outputs})
        for (ValueId& id : *ids) {
          if (id == kNoValue) continue;
          if (here[id] == kNoValue) {
            here[id] = part.add_value(graph[id]);
            mentioned.push_back(id);
            const bool is_own = made_in[id] == stage;
            if (is_own ? read_later[id] != 0 : !graph[id].is_constant()) {
              (is_own ? part.outputs : part.inputs).push_back(here[id]);
              (is_own ? outputs : inputs).push_back(id);
            }
          }
          id = here[id];
        }
    for (ValueId id : mentioned) here[id] = kNoValue;
    mentioned.clear();
  }
  return parts;
}

std::shared_ptr<const CompiledStages> compile_stages(Graph lowered, const KernelPolicy& kernels) {
  auto model = std::make_shared<CompiledStages>();
  model->stages = split_into_stages(lowered);
  Flags is_output(lowered.values.size());
  for (ValueId id : lowered.outputs) is_output[id] = true;
  for (ValueId id = 0; id < is_output.size(); ++id)
    if (!is_output[id]) lowered[id].constant = nullptr;
  model->graph = std::move(lowered);
  for (Stage& stage : model->stages) stage.model = compile(std::move(stage.graph), kernels);
  return model;
}

StagedExecutor::StagedExecutor(std::shared_ptr<const CompiledStages> model)
    : model_(std::move(model)), tensors_(model_->graph.values.size()) {
  for (const Stage& stage : model_->stages) stages_.emplace_back(stage.model);
}

void StagedExecutor::begin(std::span<const Feed> feeds) {
  stage_ = 0;
  if (stages_.size() == 1) {
    step_ = 0;
    session_ = stages_[0].bind(feeds);
    return;
  }
  const Graph& graph = model_->graph;
  for (ValueId id : graph.inputs) tensors_[id] = {};
  is_lent_.assign(graph.values.size(), false);
  for (const Feed& feed : feeds) {
    const auto input = std::ranges::find(graph.inputs, feed.name, [&](ValueId id) { return graph[id].name; });
    if (input == graph.inputs.end()) fail(ErrorCode::invalid_input, "the model has no input '{}'", feed.name);
    tensors_[*input] = feed.tensor;
    is_lent_[*input] = feed.is_lent;
  }
  for (ValueId id : graph.inputs)
    if (!tensors_[id].present()) fail(ErrorCode::invalid_input, "input '{}' is missing", graph[id].name);
  bind_stage();
}

void StagedExecutor::bind_stage() {
  const Stage& stage = model_->stages[stage_];
  feeds_.clear();
  for (ValueId id : stage.inputs) feeds_.emplace_back(model_->graph[id].name, tensors_[id], is_lent_[id]);
  step_ = 0;
  session_ = stages_[stage_].bind(feeds_);
}

bool StagedExecutor::step(TensorObserver* observer) {
  if (step_ < session_->program().steps.size()) {
    session_->run_step(step_++, observer);
    return true;
  }
  session_->finish_run();
  const std::vector<ValueId>& outputs = model_->stages[stage_].outputs;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    tensors_[outputs[i]] = session_->outputs()[i];
    is_lent_[outputs[i]] = true;
  }
  if (++stage_ == stages_.size()) return false;
  bind_stage();
  return true;
}

const std::vector<TensorView>& StagedExecutor::run(std::span<const Feed> feeds, TensorObserver* observer) {
  if (stages_.size() == 1) return stages_[0].run(feeds, observer);
  begin(feeds);
  while (step(observer)) continue;
  results_.clear();
  const Graph& graph = model_->graph;
  for (ValueId id : graph.outputs)
    results_.push_back(graph[id].is_constant() ? graph[id].constant->view() : tensors_[id]);
  return results_;
}

}  // namespace octavo
