#include "runtime/bodies.h"

#include "base/error.h"
#include "runtime/staged.h"

namespace octavo {

namespace {

class Bodies final : public BodyCaller {
 public:
  Bodies(const Node& node, const std::vector<TensorView>& inputs) : node_(node), captured_(inputs) {
    for (const Subgraph& body : node.subgraphs) executors_.emplace_back(body.compiled);
  }

  const std::vector<TensorView>& call(std::size_t body, std::span<const TensorView> inputs) override {
    const Subgraph& subgraph = node_.subgraphs[body];
    const Graph& graph = subgraph.graph;
    require(inputs.size() + subgraph.captures == graph.inputs.size(), ErrorCode::invalid_graph,
            "its body takes {} inputs, not {}", graph.inputs.size() - subgraph.captures, inputs.size());
    feeds_.clear();
    const auto feed = [&](const TensorView& tensor, bool is_lent) {
      feeds_.emplace_back(graph[graph.inputs[feeds_.size()]].name, tensor, is_lent);
    };
    // What comes out of a body may be its input, and operators write it over inputs: those are copied.
    for (const TensorView& input : inputs) feed(input, false);
    for (uint32_t i = 0; i < subgraph.captures; ++i) feed(captured_[subgraph.first_capture + i], true);
    return executors_[body].run(feeds_);
  }

 private:
  const Node& node_;
  std::span<const TensorView> captured_;
  std::vector<StagedExecutor> executors_;
  std::vector<Feed> feeds_;  // of the call under way
};

}  // namespace

std::unique_ptr<BodyCaller> call_bodies(const Node& node, const std::vector<TensorView>& inputs) {
  return std::make_unique<Bodies>(node, inputs);
}

}  // namespace octavo
