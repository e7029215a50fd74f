#include "graph/bias_sum.h"

#include "graph/op_def.h"

namespace octavo {

namespace {

// The operator of the algebra.
constexpr std::string_view kAdd = "Add";

}  // namespace

std::optional<BiasSum> bias_sum_behind(const Graph& graph, const Uses& uses, const Node& product) {
  if (!product.op->adds_bias || product.has_input(2) || product.lowered.bias) return std::nullopt;
  const ValueId result = product.outputs[0];
  const uint32_t n = uses.only_consumer(result);
  if (n == Uses::kNone) return std::nullopt;
  const Node& sum = graph.nodes[n];
  if (sum.op->name != kAdd || sum.inputs[0] == sum.inputs[1]) return std::nullopt;
  const ValueId addend = sum.inputs[sum.inputs[0] == result ? 1 : 0];
  const std::optional<Shape>&y = graph[result].shape, &w = graph[product.inputs[1]].shape;
  const ConstantTensor& bias = graph[addend].constant;
  if (!bias || bias->dtype() != DType::f32 || !y || !w || w->rank() < 2 || y->rank() == 0)
    return std::nullopt;
  const Shape& c = bias->shape();
  const int64_t columns = (*y)[y->rank() - 1];
  if (c.rank() == 0 || c.rank() > y->rank() || c[c.rank() - 1] != columns || c.elements() != columns)
    return std::nullopt;
  return BiasSum{n, addend};
}

}  // namespace octavo
