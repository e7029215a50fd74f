#include "runtime/bodies.h"

#include "base/error.h"
#include "runtime/executor.h"

namespace octavo {

namespace {

class Bodies final : public BodyCaller {
 public:
  Bodies(const Node& node, const std::vector<TensorView>& inputs) : node_(node), captured_(inputs) {
    for (const Subgraph& body : node.subgraphs) executors_.emplace_back(body.compiled);
  }

  const std::vector<TensorView>& call(std::size_t body, std::span<const TensorView> inputs) override {
    const Subgraph& subgraph = node_.subgraphs[body];
    const Graph& graph = executors_[body].model()->graph;
    require(inputs.size() + subgraph.captures == graph.inputs.size(), ErrorCode::invalid_graph,
            "its body takes ", graph.inputs.size() - subgraph.captures, " inputs, not ", inputs.size());
    std::vector<Tensor> tensors;
    tensors.reserve(graph.inputs.size());
    for (const TensorView& input : inputs) tensors.push_back(Tensor::copy_of(input));
    for (uint32_t i = 0; i < subgraph.captures; ++i)
      tensors.push_back(Tensor::copy_of(captured_[subgraph.first_capture + i]));
    std::vector<Feed> feeds;
    feeds.reserve(tensors.size());
    for (std::size_t i = 0; i < tensors.size(); ++i)
      feeds.push_back({graph[graph.inputs[i]].name, &tensors[i]});
    return executors_[body].run(feeds);
  }

 private:
  const Node& node_;
  std::span<const TensorView> captured_;
  std::vector<Executor> executors_;
};

}  // namespace

std::unique_ptr<BodyCaller> call_bodies(const Node& node, const std::vector<TensorView>& inputs) {
  return std::make_unique<Bodies>(node, inputs);
}

}  // namespace octavo
