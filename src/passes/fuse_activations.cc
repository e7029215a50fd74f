// Add(op(x), c) → op(x) that adds a value a column, Clip(op(x)) → op(x) that clamps, where it can.
#include "graph/op_def.h"
#include "graph/rewriter.h"
#include "passes/passes.h"

namespace octavo {

namespace {

// The operator of the algebra.
constexpr std::string_view kAdd = "Add";

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
    Node* const sum = reader(node);
    if (sum == nullptr || sum->op->name != kAdd || node.has_input(2) || node.lowered.bias ||
        node.lowered.clamp != Clamp{} || sum->inputs[0] == sum->inputs[1])
      return false;
    const ValueId addend = sum->inputs[sum->inputs[0] == node.outputs[0] ? 1 : 0];
    const std::optional<Shape>&y = graph_[node.outputs[0]].shape, &w = graph_[node.inputs[1]].shape;
    const ConstantTensor& bias = graph_[addend].constant;
    if (!bias || bias->dtype() != DType::f32 || !y || !w || w->rank() < 2 || y->rank() == 0) return false;
    const Shape& c = bias->shape();
    const int64_t columns = (*y)[y->rank() - 1];
    if (c.rank() == 0 || c.rank() > y->rank() || c[c.rank() - 1] != columns || c.elements() != columns)
      return false;
    node.lowered.bias = bias;
    take_place_of(*sum, node);
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
