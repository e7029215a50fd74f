// Gather(DequantizeLinear(w, s, z), i) → DequantizeLinear(Gather(w, i), s', z') for a constant table w: rows are picked
// as integers, and the table is not expanded. s' and z' are s and z, or picked like w where each row has its own.
#include <algorithm>
#include <optional>

#include "base/error.h"
#include "graph/op_def.h"
#include "graph/qdq.h"
#include "graph/rewriter.h"
#include "passes/passes.h"

namespace octavo {

namespace {

// The operator of the algebra.
constexpr std::string_view kGather = "Gather";

class GatherIntegers {
 public:
  explicit GatherIntegers(Graph& graph) : graph_(graph), uses_(graph) {}

  int run() {
    int changes = 0;
    std::vector<Node> before = take_nodes(graph_);
    // By index as `uses_` has them.
    std::vector<std::optional<Node>> tables(before.size());
    for (std::size_t n = 0; n < before.size(); ++n)
      if (is_dequantize(before[n])) tables[n] = before[n];
    for (Node& node : before) {
      const uint32_t producer =
          node.op->name == kGather && graph_.knows_types(node) ? uses_.producer[node.inputs[0]] : Uses::kNone;
      if (producer != Uses::kNone && tables[producer] && rewrite(node, *tables[producer]))
        ++changes;
      else
        graph_.nodes.push_back(std::move(node));
    }
    return changes;
  }

 private:
  bool rewrite(const Node& gather, const Node& dequantize) {
    const Tensor* table = graph_.constant_input(dequantize, 0);
    const auto qparams = table ? read_qparams(graph_, dequantize) : std::nullopt;
    if (!qparams) return false;
    const bool is_rows =
        table->shape().rank() == 2 && normalize_axis(gather.attrs.get_int("axis", 0), 2) == 0;
    // Blocks of rows are no longer blocks once rows are picked.
    if (!qparams->per_tensor() && (!is_rows || (qparams->blocked() && qparams->axis == 0))) return false;
    if (!graph_[gather.outputs[0]].is_known()) return false;
    // A vector has no blocks.
    if (qparams->blocked() && graph_[gather.outputs[0]].shape->rank() < 2) return false;

    std::vector<ValueId> inputs = dequantize.inputs;
    const bool is_by_index = !qparams->per_tensor() && (qparams->axis == 0) != qparams->blocked();
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (inputs[i] == kNoValue || (i > 0 && !is_by_index)) continue;
      const ValueId from = i > 0 && !qparams->blocked() ? column_of(inputs[i]) : inputs[i];
      Shape shape = *graph_[gather.outputs[0]].shape;
      if (i > 0) shape.dims.back() = graph_[from].shape->dims.back();
      Node node = make_node(graph_, *gather.op, text("{}_integers", gather.name), {from, gather.inputs[1]},
                            {graph_[from].dtype, shape});
      node.attrs = gather.attrs;
      inputs[i] = node.outputs[0];
      graph_.nodes.push_back(std::move(node));
    }
    Node node = dequantize;
    node.name = gather.name;
    node.inputs = std::move(inputs);
    node.outputs = gather.outputs;
    if (!qparams->per_tensor()) node.attrs.set("axis", int64_t{-1});
    graph_.nodes.push_back(std::move(node));
    return true;
  }

  // A vector as a matrix of one column.
  ValueId column_of(ValueId vector) {
    TensorView view = graph_[vector].constant->view();
    view.shape = {view.shape.elements(), 1};
    return graph_.add_constant(graph_.unique_value_name(text("{}_column", graph_[vector].name)),
                               Tensor::copy_of(view));
  }

  Graph& graph_;
  const Uses uses_;
};

}  // namespace

int gather_integers(Graph& graph) { return GatherIntegers(graph).run(); }

}  // namespace octavo
