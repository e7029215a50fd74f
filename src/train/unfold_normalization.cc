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

  // `conv` is what became of `plain` with `norm` behind it.
  void unfold(const Node& conv, Node norm, const Node& plain) {
    const ValueId weight = conv.inputs[1], out = conv.outputs[0];
    for (std::size_t i = 1; i < norm.inputs.size(); ++i) norm.inputs[i] = constant(norm.inputs[i]);
    Dims dims(static_cast<uint64_t>(folded_[weight].shape->rank() - 1), 1);
    dims[0] = -1;
    b_.bind("planes", b_.ints(dims));
    dims.push_back(1);
    b_.bind("rows", b_.ints(dims));
    b_.bind("w", constant(plain.inputs[1]));
    b_.bind("scale", norm.inputs[1]);
    b_.bind("variance", norm.inputs[4]);
    b_.bind("epsilon", b_.number(norm.attrs.get_float("epsilon", 1e-5f)));
    b_.formula("factor = scale / Sqrt(variance + epsilon); w * Reshape(factor, rows)");
    graph_.nodes.back().outputs[0] = weight;
    graph_[weight].constant.reset();
    // A channel whose scale is 0 is one of 0, of whatever weights.
    Value convolved{graph_[out], graph_.unique_value_name(conv.name)};
    b_.bind("x", graph_.add_value(std::move(convolved)));
    for (Node& node : graph_.nodes) {
      if (node.outputs[0] != out) continue;
      node.outputs[0] = b_.formula("x");
      node.inputs.resize(2);
    }
    norm.inputs[0] = b_.formula("f = Reshape(factor, planes); x = x / Where(f == 0, 1, f); x");
    if (plain.has_input(2)) {
      b_.bind("b", constant(plain.inputs[2]));
      norm.inputs[0] = b_.formula("x + Reshape(b, planes)");
    }
    norm.outputs[0] = out;
    graph_.nodes.push_back(std::move(norm));
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
