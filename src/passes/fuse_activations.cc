// Add(op(x), c) → op(x) that adds a value a column, Clip(op(x)) → op(x) that clamps, where it can.
#include "graph/bias_sum.h"
#include "graph/op_def.h"
#include "graph/rewriter.h"
#include "passes/passes.h"

namespace octavo {

namespace {

class Fusion {
 public:
  explicit Fusion(Graph& graph) : graph_(graph), uses_(graph) {}

  int run() {
    int fused = 0;
    for (Node& node : graph_.nodes) {
      if (node.op->adds_bias && fuse_bias(node)) ++fused;
      if (node.op->clamps_output && fuse_clamp(node)) ++fused;
    }
    return fused;
  }

 private:
  // The node that alone reads output 0, or null.
  Node* reader(const Node& node) {
    const uint32_t n = uses_.only_consumer(node.outputs[0]);
    return n == Uses::kNone ? nullptr : &graph_.nodes[n];
  }

  // Leaves `behind` without readers.
  void take_place_of(Node& behind, Node& node) {
    std::swap(node.outputs[0], behind.outputs[0]);
    behind.inputs = {node.inputs[0]};
  }

  bool fuse_bias(Node& node) {
    const auto sum = bias_sum_behind(graph_, uses_, node);
    if (!sum || node.lowered.clamp != Clamp{}) return false;
    node.lowered.bias = graph_[sum->bias].constant;
    take_place_of(graph_.nodes[sum->node], node);
    return true;
  }

  bool fuse_clamp(Node& node) {
    Node* const clamp = reader(node);
    if (clamp == nullptr || node.lowered.clamp != Clamp{}) return false;
    const auto range = clamp_of(graph_, *clamp);
    if (!range || clamp->inputs[0] != node.outputs[0]) return false;
    node.lowered.clamp = *range;
    take_place_of(*clamp, node);
    return true;
  }

  Graph& graph_;
  const Uses uses_;
};

}  // namespace

int fuse_activations(Graph& graph) {
  const int fused = Fusion(graph).run();
  if (fused > 0) remove_dead(graph);
  return fused;
}

}  // namespace octavo
