#include "train/join_transposes.h"

#include <algorithm>

#include "base/error.h"
#include "graph/op_def.h"
#include "graph/rewriter.h"
#include "passes/permutation.h"

namespace octavo {

namespace {

constexpr std::string_view kTranspose = "Transpose";

class TransposeJoiner {
 public:
  explicit TransposeJoiner(Graph& graph) : graph_(graph), producer_(Uses(graph).producer) {}

  int run() {
    int changes = 0;
    for (Node& node : graph_.nodes) changes += join(node);
    for (Node& node : made_) graph_.nodes.push_back(std::move(node));
    redirect(graph_, redirections_);
    sort_nodes(graph_);
    remove_dead(graph_);
    return changes;
  }

 private:
  // Of a Transpose that names it; else empty.
  static Permutation permutation_of(const Node& node) {
    if (node.op->name != kTranspose) return {};
    const std::span<const int64_t> given = node.attrs.get_ints("perm");
    return {given.begin(), given.end()};
  }

  // The Transpose that makes a value, or null.
  const Node* transpose_of(ValueId id) const {
    if (id >= producer_.size() || producer_[id] == Uses::kNone) return nullptr;
    const Node& node = graph_.nodes[producer_[id]];
    return permutation_of(node).empty() ? nullptr : &node;
  }

  bool join(Node& node) {
    const Node* const before = node.inputs.empty() ? nullptr : transpose_of(node.inputs[0]);
    if (!before) return false;
    if (node.op->name == "octavo.QuantizeGradient") return take_through(node, *before);
    if (const Permutation outer = permutation_of(node); !outer.empty()) {
      const Permutation inner = permutation_of(*before);
      std::vector<int64_t> both;
      both.reserve(outer.size());
      for (const int axis : outer) both.push_back(inner[static_cast<std::size_t>(axis)]);
      if (std::ranges::is_sorted(both)) redirections_.push_back({node.outputs[0], before->inputs[0]});
      node.attrs.set("perm", std::move(both));
    } else if (node.op->name != "octavo.Extremes") {
      return false;
    }
    node.inputs[0] = before->inputs[0];
    return true;
  }

  // The gradient of an image that was transposed, as the one of the gradient that is.
  bool take_through(Node& node, const Node& before) {
    const Node* const image = transpose_of(node.inputs[1]);
    const Permutation permutation = permutation_of(before);
    if (!image || permutation_of(*image) != permutation) return false;
    Permutation back(permutation.size());
    for (std::size_t i = 0; i < back.size(); ++i)
      back[static_cast<std::size_t>(permutation[i])] = static_cast<int>(i);
    if (!node.op->permute(graph_, node, back)) return false;
    Node after = before;
    after.outputs = {node.outputs[0]};
    Value made = graph_[node.outputs[0]];
    made.name = graph_.unique_value_name(made.name);
    made.shape = graph_[before.inputs[0]].shape;
    node.inputs[0] = before.inputs[0];
    node.inputs[1] = image->inputs[0];
    node.outputs[0] = graph_.add_value(std::move(made));
    after.inputs = {node.outputs[0]};
    made_.push_back(std::move(after));
    return true;
  }

  Graph& graph_;
  std::vector<uint32_t> producer_;
  std::vector<Redirection> redirections_;
  std::vector<Node> made_;
};

}  // namespace

int join_transposes(Graph& graph) {
  int all = 0;
  for (int changes = 1; changes > 0; all += changes) changes = TransposeJoiner(graph).run();
  return all;
}

}  // namespace octavo
