#include "train/batch_statistics.h"

#include <algorithm>

#include "autodiff/backward.h"
#include "base/error.h"
#include "graph/op_def.h"
#include "graph/rewriter.h"
#include "train/optimizer.h"

namespace octavo {

namespace {

constexpr std::size_t kMean = 3, kVariance = 4;

}  // namespace

bool normalizes(const Node& node) { return node.op->name == "BatchNormalization"; }

std::vector<ValueId> running_statistics(const Graph& graph) {
  const Uses uses(graph);
  std::vector<ValueId> found;
  for (const Node& node : graph.nodes) {
    const auto is_own = [&](std::size_t i) {
      return graph[node.inputs[i]].constant && uses.only_consumer(node.inputs[i]) != Uses::kNone;
    };
    if (normalizes(node) && is_own(kMean) && is_own(kVariance))
      found.insert(found.end(), {node.inputs[kMean], node.inputs[kVariance]});
  }
  return found;
}

void use_batch_statistics(Graph& graph, ValueId share, std::vector<ValueId>& detached) {
  Backward b(graph);
  b.bind("share", share);
  for (std::size_t n = 0, count = graph.nodes.size(); n < count; ++n) {
    const Node node = graph.nodes[n];
    if (!normalizes(node) || std::ranges::find(graph.inputs, node.inputs[kMean]) == graph.inputs.end())
      continue;
    const Shape shape = b.shape(node.inputs[0]), channels{shape[1]};
    const auto numbers =
        static_cast<double>(shape.elements()) / static_cast<double>(std::max<int64_t>(shape[1], 1));
    if (numbers < 2)
      throw Error(ErrorCode::invalid_data, "a batch of one number a channel has no variance")
          .at_node(node.name, node.op->name);
    b.bind("x", node.inputs[0]);
    b.bind("axes", b.ints(all_axes_but(shape.rank(), 1)));
    b.bind("mean", b.formula("ReduceMean(x, axes)"));
    // The derivative of the variance by the mean is 0.
    detached.push_back(b.add("Identity", {b.formula("mean")}));
    b.bind("centre", detached.back());
    const ValueId seen[] = {b.reshape(b.formula("mean"), channels),
                            b.reshape(b.formula("d = x - centre; ReduceMean(d * d, axes)"), channels)};
    b.bind("take", b.number(1 - node.attrs.get_float("momentum", 0.9f)));
    const ValueId take = b.formula("share * take");
    b.bind("take", take);
    const ValueId keep = b.formula("1 - take");
    for (const std::size_t i : {kMean, kVariance}) {
      b.bind("seen", seen[i - kMean]);
      b.bind("running", node.inputs[i]);
      graph.nodes[n].inputs[i] = b.formula("share * seen + (1 - share) * running");
      b.bind("unbiased", b.number(i == kMean ? 1 : numbers / (numbers - 1)));
      add_state(graph, node.inputs[i],
                b.add("octavo.Accumulate", {node.inputs[i], b.formula("seen * unbiased"), keep, take}));
    }
  }
  sort_nodes(graph);
}

}  // namespace octavo
