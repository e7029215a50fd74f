#include "train/unfold_normalization.h"

#include <algorithm>

#include "autodiff/backward.h"
#include "base/error.h"
#include "graph/op_def.h"
#include "graph/rewriter.h"
#include "passes/passes.h"
#include "train/batch_statistics.h"
#include "train/find_value.h"

namespace octavo {

namespace {

class Unfolding {
 public:
  Unfolding(FakeQuantized& network, const Graph& unfolded)
      : folded_(network.plan.graph),
        graph_(network.graph),
        unfolded_(unfolded),
        uses_(unfolded),
        b_(graph_) {}

  void run() {
    for (const Node& conv : folded_.nodes) {
      if (conv.op->name != "Conv") continue;
      const Node* const norm = producer(find_value(unfolded_, folded_[conv.outputs[0]].name));
      if (!norm || !normalizes(*norm)) continue;
      const Node& plain = *producer(norm->inputs[0]);
      if (unfolded_[plain.inputs[1]].constant) unfold(conv, *norm, plain);
    }
    sort_nodes(graph_);
  }

 private:
  const Node* producer(ValueId id) const {
    const uint32_t n = id == kNoValue ? Uses::kNone : uses_.producer[id];
    return n == Uses::kNone ? nullptr : &unfolded_.nodes[n];
  }

  // The constant of that, here.
  ValueId constant(ValueId of) {
    const Value& value = unfolded_[of];
    const ValueId known = find_value(graph_, value.name);
    return known != kNoValue ? known : graph_.add_constant(value.name, value.constant);
  }

  // The node that was added last computes `id`.
  void make(ValueId id) { graph_.nodes.back().outputs[0] = id; }

  // `conv` is what became of `plain` with `norm` behind it.
  void unfold(const Node& conv, const Node& norm, const Node& plain) {
    std::vector<ValueId> operands = {kNoValue};
    for (std::size_t i = 1; i < norm.inputs.size(); ++i) operands.push_back(constant(norm.inputs[i]));
    b_.bind("w", constant(plain.inputs[1]));
    b_.bind("scale", operands[1]);
    b_.bind("variance", operands[4]);
    b_.bind("epsilon", b_.number(norm.attrs.get_float("epsilon", 1e-5f)));
    const ValueId factor = b_.formula("scale / Sqrt(variance + epsilon)");
    const ValueId weight = conv.inputs[1];
    Dims dims(static_cast<uint64_t>(folded_[weight].shape->rank() - 1), 1);
    dims[0] = b_.shape(factor)[0];
    b_.bind("f", b_.reshape(factor, dims));
    Dims rows = dims;
    rows.push_back(1);
    b_.bind("rows", b_.reshape(factor, rows));
    b_.formula("w * rows");
    make(weight);
    graph_[weight].constant.reset();
    const ValueId out = conv.outputs[0];
    const ValueId convolved = graph_.add_value({graph_[out], graph_.unique_value_name(conv.name)});
    for (Node& node : graph_.nodes) {
      if (node.outputs[0] != out) continue;
      node.outputs[0] = convolved;
      node.inputs.resize(2);
    }
    b_.bind("convolved", convolved);
    // A channel whose scale is 0 is one of 0, of whatever weights.
    ValueId y = b_.formula("convolved / Where(f == 0, 1, f)");
    if (plain.has_input(2)) y = b_.add("Add", {y, b_.reshape(constant(plain.inputs[2]), dims)});
    operands[0] = y;
    b_.add(norm.op->name, operands, norm.attrs);
    make(out);
  }

  const Graph& folded_;
  Graph& graph_;
  const Graph& unfolded_;
  Uses uses_;
  Backward b_;
};

}  // namespace

Graph read_unfolded(FileMemory file, const KernelPolicy& kernels) {
  Graph graph = onnx::read_model(std::move(file)).graph;
  simplify(graph, kernels, false);
  return graph;
}

Graph folded(Graph unfolded, const KernelPolicy& kernels) {
  simplify(unfolded, kernels);
  return unfolded;
}

void unfold_normalization(FakeQuantized& network, Graph unfolded) {
  Unfolding(network, unfolded).run();
  network.unfolded = std::move(unfolded);
}

}  // namespace octavo
