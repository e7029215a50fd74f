#include "quant/plan_dynamic.h"

#include "base/error.h"
#include "graph/op_def.h"
#include "quant/node_selection.h"
#include "quant/qdq.h"

namespace octavo {

namespace {

bool is_quantized_by_default(const OpDef& op) { return op.quant.by_row; }

}  // namespace

QuantizationPlan plan_dynamic(const Graph& graph, const DynamicOptions& options) {
  const NodeSelection selection(graph, options, is_quantized_by_default);
  for (const std::string& name : options.op_types)
    require(get_op(name).quant.form(DType::f32, DType::f32) != nullptr || picks_rows(name),
            ErrorCode::invalid_option, "operator '{}' has no weights to quantize dynamically", name);
  QuantizationPlan plan;
  plan.graph = graph;
  for (uint32_t n = 0; n < graph.nodes.size(); ++n) {
    const Node& node = graph.nodes[n];
    if (!selection.contains(node)) continue;
    if (has_float_table(graph, node))
      plan.operands[{n, 0}] = {.source = RangeSource::constant, .axis = options.per_channel ? 0 : -1};
    if (!has_float_weights(graph, node)) continue;
    for (uint32_t i = 0; i < node.inputs.size(); ++i) {
      const OperandRole role = node.op->quant.role(i);
      if (role == OperandRole::weight)
        plan.operands[{n, i}] = weight_spec(graph, node, node.inputs[i], options);
      if (role == OperandRole::activation)
        plan.operands[{n, i}] = {
            .source = RangeSource::run_time,
            .qmax = options.activation_qmax(),
            .granularity = node.op->quant.by_row ? options.granularity : Granularity::tensor};
    }
  }
  return plan;
}

}  // namespace octavo
