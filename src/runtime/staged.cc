#include "runtime/staged.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "graph/rewriter.h"

namespace octavo {

namespace {

// By node: the stage that it runs in.
std::vector<std::size_t> stages_of(const Graph& graph) {
  std::vector<std::size_t> stages;
  std::size_t stage = 0;
  for (const Node& node : graph.nodes) {
    stages.push_back(stage);
    if (node.op->shape_depends_on_data) ++stage;
  }
  return stages;
}

// Stage `stage` of the graph, whose values keep their ids until what the stage does not mention is removed.
Graph cut(const Graph& graph, const std::vector<std::size_t>& stages, std::size_t stage) {
  Graph part = graph;
  part.nodes.clear();
  part.outputs.clear();
  Flags here(graph.values.size()), earlier(graph.values.size()), read_here(graph.values.size()),
      read_later(graph.values.size());
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const Node& node = graph.nodes[n];
    for (ValueId id : node.outputs)
      if (id != kNoValue) (stages[n] == stage ? here : earlier)[id] = stages[n] <= stage;
    for (ValueId id : node.inputs)
      if (id != kNoValue && stages[n] >= stage) (stages[n] == stage ? read_here : read_later)[id] = true;
    if (stages[n] == stage) part.nodes.push_back(node);
  }
  for (ValueId id : graph.outputs) read_later[id] = true;
  part.inputs.clear();
  for (ValueId id : graph.inputs)
    if (read_here[id]) part.inputs.push_back(id);
  for (ValueId id = 0; id < graph.values.size(); ++id) {
    if (earlier[id] && read_here[id]) {
      part.inputs.push_back(id);
      // Known when the stage is planned; what was known of it before may be too large.
      if (part[id].shape)
        part[id].shape = Shape(Dims(static_cast<uint64_t>(part[id].shape->rank()), kDynamic));
    }
    if (here[id] && read_later[id]) part.outputs.push_back(id);
  }
  remove_dead(part);
  return part;
}

}  // namespace

std::vector<Graph> split_into_stages(const Graph& graph) {
  require(graph.states.empty(), ErrorCode::unsupported, "states beside shapes that depend on data");
  const std::vector<std::size_t> stages = stages_of(graph);
  std::vector<Graph> parts;
  const std::size_t count = stages.empty() ? 1 : stages.back() + 1;
  parts.reserve(count);
  for (std::size_t stage = 0; stage < count; ++stage) parts.push_back(cut(graph, stages, stage));
  return parts;
}

StagedExecutor::StagedExecutor(const Graph& lowered, const KernelPolicy& kernels) {
  for (ValueId id : lowered.outputs) outputs_.push_back(lowered[id].name);
  for (Graph& stage : split_into_stages(lowered)) stages_.emplace_back(compile(std::move(stage), kernels));
}

std::vector<Tensor> StagedExecutor::run(std::span<const Feed> feeds) {
  std::map<std::string, Tensor, std::less<>> made;
  const auto tensor_of = [&](std::string_view name) -> const Tensor* {
    const auto own = made.find(name);
    if (own != made.end()) return &own->second;
    const auto feed = std::ranges::find(feeds, name, &Feed::name);
    require(feed != feeds.end(), ErrorCode::invalid_input, "input '", name, "' is missing");
    return feed->tensor;
  };
  for (Executor& stage : stages_) {
    const Graph& graph = stage.model()->graph;
    std::vector<Feed> inputs;
    inputs.reserve(graph.inputs.size());
    for (ValueId id : graph.inputs) inputs.push_back({graph[id].name, tensor_of(graph[id].name)});
    const std::vector<TensorView>& views = stage.run(inputs);
    for (std::size_t i = 0; i < views.size(); ++i)
      made.emplace(graph[graph.outputs[i]].name, Tensor::copy_of(views[i]));
  }
  std::vector<Tensor> outputs;
  outputs.reserve(outputs_.size());
  for (const std::string& name : outputs_) outputs.push_back(Tensor::copy_of(tensor_of(name)->view()));
  return outputs;
}

}  // namespace octavo
