#include "quant/plan_weights.h"

#include "base/error.h"
#include "graph/op_def.h"
#include "quant/node_selection.h"
#include "quant/products.h"
#include "quant/qdq.h"

namespace octavo {

namespace {

bool is_quantized_by_default(const OpDef& op) { return op.quant.by_row || picks_rows(op.name); }

}  // namespace

QuantizationPlan plan_weights(const Graph& graph, const WeightsOptions& given) {
  WeightsOptions options = given;
  if (!options.symmetric || options.weight_bits < 8) options.weight_range = WeightRange::full;
  const NodeSelection selection(graph, options, is_quantized_by_default);
  for (const std::string& name : options.op_types)
    require(get_op(name).quant.has_weight() || picks_rows(name), ErrorCode::invalid_option,
            "operator '{}' has no weights to quantize", name);
  require(options.rounding != Rounding::hqq || !options.symmetric, ErrorCode::invalid_option,
          "option 'rounding': 'hqq' chooses zero points, so 'symmetric' is false");
  QuantizationPlan plan;
  plan.graph = graph;
  ObservedProducts products(graph);
  for (uint32_t n = 0; n < graph.nodes.size(); ++n) {
    const Node& node = graph.nodes[n];
    if (!selection.contains(node)) continue;
    const bool is_table = has_float_table(graph, node);
    if (!is_table && !has_float_weights(graph, node)) continue;
    const QuantRule& rule = node.op->quant;
    if (options.ranges_activations && rule.by_row && (options.block == 0 || !rule.has_state))
      plan.operands[{n, 0}] = {.source = RangeSource::run_time, .granularity = Granularity::row};
    for (uint32_t i = 0; i < node.inputs.size(); ++i) {
      if (is_table ? i != 0 : rule.role(i) != OperandRole::weight) continue;
      QuantSpec spec = is_table ? table_spec(options) : weight_spec(graph, node, node.inputs[i], options);
      if (options.block > 0) {
        spec.axis = is_table ? 1 : reduction_axis(graph, node, node.inputs[i]);
        spec.block = options.block;
      }
      spec.scheme = options.symmetric ? QScheme::symmetric : QScheme::affine;
      if (options.rounding != Rounding::gptq || (!is_table && products.has_room_for({n, i})))
        spec.rounding = options.rounding;
      plan.operands[{n, i}] = spec;
    }
  }
  return plan;
}

}  // namespace octavo
