#include "runtime/staged.h"

#include <algorithm>
#include <map>

#include "base/error.h"

namespace octavo {

namespace {

// When something of a value is there: in which stage.
struct Availability {
  std::size_t tensor = 0;    // to be read by a step
  std::size_t contents = 0;  // while the stage is planned
};

bool is_made(const Graph& graph, const Node& node, ValueId output) {
  return node.op->shape_depends_on_data && !graph[output].is_static();
}

// By node: the stage that it runs in.
std::vector<std::size_t> stages_of(const Graph& graph) {
  std::vector<Availability> values(graph.values.size());
  // Feeds of several axes are data: a plan that hung on them would be made anew in every run.
  for (ValueId id : graph.inputs)
    if (!graph[id].shape || graph[id].shape->rank() > 1) values[id].contents = 1;
  std::vector<std::size_t> stages;
  for (const Node& node : graph.nodes) {
    std::size_t stage = 0, contents = 0;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      if (!node.has_input(i)) continue;
      const Availability& input = values[node.inputs[i]];
      stage = std::max(stage, input.tensor);
      if (node.op->shape_operands >> std::min<std::size_t>(i, 31) & 1)
        stage = std::max(stage, input.contents);
      contents = std::max(contents, input.contents);
    }
    // A shape is known as soon as the tensor is.
    if (node.op->reads_shape_only) contents = stage;
    if (!node.subgraphs.empty()) contents = stage + 1;
    for (ValueId id : node.outputs) {
      if (id == kNoValue) continue;
      const std::size_t made = is_made(graph, node, id) ? stage + 1 : stage;
      // What is not computed while its own stage is planned has run before the next one is.
      values[id] = {made, std::max(made, contents <= stage ? contents : stage + 1)};
    }
    stages.push_back(stage);
  }
  return stages;
}

// Puts the stages of a graph together, each of the values that it mentions.
class Cutter {
 public:
  Cutter(const Graph& graph, const std::vector<std::size_t>& stages)
      : graph_(graph), made_in_(graph.values.size(), kNowhere), read_later_(graph.values.size()) {
    const std::size_t count = *std::ranges::max_element(stages) + 1;
    nodes_.resize(count);
    for (std::size_t n = 0; n < stages.size(); ++n) {
      nodes_[stages[n]].push_back(&graph.nodes[n]);
      for (ValueId id : graph.nodes[n].outputs)
        if (id != kNoValue) made_in_[id] = stages[n];
      for (ValueId id : graph.nodes[n].inputs)
        if (id != kNoValue && made_in_[id] != kNowhere && made_in_[id] < stages[n]) read_later_[id] = true;
    }
    for (ValueId id : graph.outputs) read_later_[id] = true;
    here_.assign(graph.values.size(), kNoValue);
  }

  std::size_t count() const { return nodes_.size(); }

  Graph cut(std::size_t stage) {
    Graph part;
    part.name = graph_.name;
    std::vector<ValueId> mentioned;
    const auto here = [&](ValueId& id) {
      if (id == kNoValue) return;
      if (here_[id] == kNoValue) {
        here_[id] = part.add_value(graph_[id]);
        mentioned.push_back(id);
        const bool is_constant = graph_[id].is_constant();
        if (made_in_[id] != stage && !is_constant) part.inputs.push_back(here_[id]);
        if (made_in_[id] == stage && read_later_[id]) part.outputs.push_back(here_[id]);
      }
      id = here_[id];
    };
    for (const Node* node : nodes_[stage]) {
      Node& copy = part.nodes.emplace_back(*node);
      std::ranges::for_each(copy.inputs, here);
      std::ranges::for_each(copy.outputs, here);
    }
    for (ValueId id : mentioned) here_[id] = kNoValue;
    return part;
  }

 private:
  static constexpr std::size_t kNowhere = ~std::size_t{0};

  const Graph& graph_;
  std::vector<std::vector<const Node*>> nodes_;  // by stage
  std::vector<std::size_t> made_in_;             // by value: the stage of its node
  Flags read_later_;                             // by value: in a later stage than its own, or as an output
  std::vector<ValueId> here_;                    // by value: what it is in the stage that is being cut
};

}  // namespace

std::vector<Graph> split_into_stages(Graph graph) {
  const std::vector<std::size_t> stages = stages_of(graph);
  std::vector<Graph> parts;
  if (stages.empty() || *std::ranges::max_element(stages) == 0) {
    parts.push_back(std::move(graph));
    return parts;
  }
  require(graph.states.empty(), ErrorCode::unsupported, "states beside shapes that depend on data");
  Cutter cutter(graph, stages);
  for (std::size_t stage = 0; stage < cutter.count(); ++stage) parts.push_back(cutter.cut(stage));
  return parts;
}

std::shared_ptr<const CompiledStages> compile_stages(Graph lowered, const KernelPolicy& kernels) {
  using Source = CompiledStages::Source;
  auto model = std::make_shared<CompiledStages>();
  std::map<std::string, Source, std::less<>> sources;
  std::vector<std::string> outputs;
  for (std::size_t i = 0; i < lowered.inputs.size(); ++i) {
    model->input_names.push_back(lowered[lowered.inputs[i]].name);
    sources[model->input_names.back()] = {Source::kFeeds, i};
  }
  for (ValueId id : lowered.outputs) {
    outputs.push_back(lowered[id].name);
    if (!lowered[id].is_constant()) continue;
    sources[outputs.back()] = {Source::kConstants, model->constants.size()};
    model->constants.push_back(lowered[id].constant);
  }
  std::vector<Graph> stages = split_into_stages(std::move(lowered));
  for (std::size_t s = 0; s < stages.size(); ++s) {
    const Graph& stage = stages[s];
    std::vector<Source>& inputs = model->inputs.emplace_back();
    for (ValueId id : stage.inputs) inputs.push_back(sources.at(stage[id].name));
    for (std::size_t i = 0; i < stage.outputs.size(); ++i) sources[stage[stage.outputs[i]].name] = {s, i};
    model->stages.push_back(compile(std::move(stages[s]), kernels));
  }
  if (stages.size() > 1)
    for (const std::string& name : outputs) model->outputs.push_back(sources.at(name));
  return model;
}

StagedExecutor::StagedExecutor(std::shared_ptr<const CompiledStages> model)
    : model_(std::move(model)), made_(model_->stages.size()) {
  for (const auto& stage : model_->stages) stages_.emplace_back(stage);
}

TensorView StagedExecutor::tensor(const CompiledStages::Source& source) const {
  using Source = CompiledStages::Source;
  if (source.stage == Source::kConstants) return model_->constants[source.index]->view();
  return source.stage == Source::kFeeds ? given_[source.index] : made_[source.stage][source.index];
}

void StagedExecutor::begin(std::span<const Feed> feeds) {
  stage_ = 0;
  if (stages_.size() == 1) {
    step_ = 0;
    session_ = stages_[0].bind(feeds);
    return;
  }
  const std::vector<std::string>& names = model_->input_names;
  given_.assign(names.size(), {});
  for (const Feed& feed : feeds) {
    const auto input = std::ranges::find(names, feed.name);
    if (input == names.end()) fail(ErrorCode::invalid_input, "the model has no input '{}'", feed.name);
    given_[static_cast<std::size_t>(input - names.begin())] = feed.tensor;
  }
  for (std::size_t i = 0; i < given_.size(); ++i)
    if (!given_[i].present()) fail(ErrorCode::invalid_input, "input '{}' is missing", names[i]);
  bind_stage();
}

void StagedExecutor::bind_stage() {
  const Graph& graph = stages_[stage_].model()->graph;
  feeds_.clear();
  for (std::size_t i = 0; i < graph.inputs.size(); ++i)
    feeds_.emplace_back(graph[graph.inputs[i]].name, tensor(model_->inputs[stage_][i]));
  step_ = 0;
  session_ = stages_[stage_].bind(feeds_);
}

bool StagedExecutor::step(TensorObserver* observer) {
  if (step_ < session_->program().steps.size()) {
    session_->run_step(step_++, observer);
    return true;
  }
  session_->finish_run();
  made_[stage_] = session_->outputs();
  if (++stage_ == stages_.size()) return false;
  bind_stage();
  return true;
}

const std::vector<TensorView>& StagedExecutor::run(std::span<const Feed> feeds, TensorObserver* observer) {
  if (stages_.size() == 1) return stages_[0].run(feeds, observer);
  begin(feeds);
  while (step(observer)) continue;
  results_.clear();
  for (const CompiledStages::Source& source : model_->outputs) results_.push_back(tensor(source));
  return results_;
}

}  // namespace octavo
