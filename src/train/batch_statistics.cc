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
    if (!normalizes(node)) continue;
    const ValueId mean = node.inputs[kMean], variance = node.inputs[kVariance];
    if (!graph[mean].constant || uses.only_consumer(mean) == Uses::kNone || !graph[variance].constant ||
        uses.only_consumer(variance) == Uses::kNone)
      continue;
    found.push_back(mean);
    found.push_back(variance);
  }
  return found;
}

void use_batch_statistics(Graph& graph, ValueId share, std::vector<ValueId>& detached) {
  Backward b(graph);
  b.bind("share", share);
  for (std::size_t n = 0, count = graph.nodes.size(); n < count; ++n) {
    const Node& node = graph.nodes[n];
    const ValueId x = node.inputs[0];
    if (!normalizes(node) || std::ranges::find(graph.inputs, node.inputs[kMean]) == graph.inputs.end())
      continue;
    const Shape shape = b.shape(x);
    const double numbers =
        static_cast<double>(shape.elements()) / static_cast<double>(std::max<int64_t>(shape[1], 1));
    require(numbers >= 2, ErrorCode::invalid_data, "a batch of one number a channel has no variance for '{}'",
            node.name);
    b.bind("take", b.number(1 - node.attrs.get_float("momentum", 0.9f)));
    b.bind("unbiased", b.number(numbers / (numbers - 1)));
    b.bind("x", x);
    b.bind("axes", b.ints(all_axes_but(shape.rank(), 1)));
    b.bind("channels", b.ints({shape[1]}));
    // The derivative of the variance by the mean is 0.
    detached.push_back(b.formula("mean = ReduceMean(x, axes); Identity(mean)"));
    b.bind("centre", detached.back());
    const auto follow = [&](std::size_t i, std::string_view seen, std::string_view next) {
      const ValueId running = graph.nodes[n].inputs[i];
      b.bind("running", running);
      b.bind("seen", b.formula(seen));
      graph.nodes[n].inputs[i] = b.formula("share * seen + (1 - share) * running");
      const ValueId taken = b.formula("share * take");
      b.bind("taken", taken);
      add_state(graph, running,
                b.add("octavo.Accumulate", {running, b.formula(next), b.formula("1 - taken"), taken}));
    };
    follow(kMean, "Reshape(mean, channels)", "seen");
    follow(kVariance, "d = x - centre; Reshape(ReduceMean(d * d, axes), channels)", "seen * unbiased");
  }
  sort_nodes(graph);
}

}  // namespace octavo
