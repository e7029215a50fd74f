// Gradients of the fake quantizer, a pair of QuantizeLinear and DequantizeLinear: straight through where nothing
// saturates, and by its scale (ops/quantize_gradient.cc has the equations). Zero points are integers, through which
// nothing flows.
#include <algorithm>
#include <span>

#include "autodiff/rule.h"
#include "base/error.h"
#include "graph/qdq.h"

namespace octavo {

namespace {

bool is_same(const Graph& graph, const Node& a, const Node& b, std::size_t i) {
  if (a.has_input(i) != b.has_input(i)) return false;
  if (!a.has_input(i) || a.inputs[i] == b.inputs[i]) return true;
  const Tensor *const x = graph.constant_input(a, i), *const y = graph.constant_input(b, i);
  return x && y && x->dtype() == y->dtype() && x->shape() == y->shape() &&
         std::ranges::equal(std::span(x->view().data, x->bytes()), std::span(y->view().data, y->bytes()));
}

// The scale of integers that are constant: ds = Σ g · (q - z), where q - z = y / s.
void give_scale(Backward& b) {
  const Shape y = b.shape(b.out()), scale = b.shape(b.in(1));
  if (scale.elements() == 1) return b.give(1, b.formula("g * (y / b)"));
  const int kept = normalize_axis(b.attrs().get_int("axis", 1), y.rank());
  Dims dims(static_cast<uint64_t>(y.rank() - kept), 1);
  dims[0] = scale[0];
  b.bind("s", b.reshape(b.in(1), dims));
  b.give(1, b.sum(b.formula("g * (y / s)"), all_axes_but(y.rank(), kept)));
}

void dequantize(Backward& b) {
  const Node* const quantizing = b.producer(b.in(0));
  if (!quantizing || !is_quantize(*quantizing)) return give_scale(b);
  const Node node = *quantizing;
  std::vector<ValueId> inputs = node.inputs;
  inputs.insert(inputs.begin(), b.gradient());
  const bool learns = b.wants(1);
  const std::vector<ValueId> gradients =
      b.add_many("octavo.QuantizeGradient", inputs, learns ? 2 : 1, node.attrs, node.notes);
  b.give_to(node.inputs[0], gradients[0]);
  if (learns) b.give(1, gradients[1]);
}

std::string obstacle(const Graph& graph, const Uses&, const Node& node) {
  if (graph[node.inputs[1]].dtype != DType::f32) return "its scales are not float32";
  const Node* quantizing = nullptr;
  for (const Node& each : graph.nodes)
    if (is_quantize(each) && each.outputs[0] == node.inputs[0]) quantizing = &each;
  if (!quantizing)
    return node.attrs.get_int("block_size", 0) != 0 ? "its integers are constant, and their scales in blocks"
                                                    : "";
  for (Name name : {"axis", "block_size"})
    if (node.attrs.get_int(name, -1) != quantizing->attrs.get_int(name, -1))
      return text("its attribute '{}' is not that of its QuantizeLinear", name);
  const bool fits = is_same(graph, node, *quantizing, 1) && is_same(graph, node, *quantizing, 2);
  return fits ? "" : "its scale or zero_point is not that of its QuantizeLinear";
}

// Its DequantizeLinear does the work; nothing else knows what integers are worth.
std::string quantize_obstacle(const Graph& graph, const Uses& uses, const Node& node) {
  for (uint32_t reader : uses.consumers[node.outputs[0]])
    if (!is_dequantize(graph.nodes[reader]))
      return "its integers are read by something other than DequantizeLinear";
  return "";
}

constexpr GradientRule kRules[] = {
    {.op = "QuantizeLinear", .obstacle = quantize_obstacle},
    {.op = "DequantizeLinear", .differentiate = dequantize, .obstacle = obstacle},
};

}  // namespace

const GradientRules kQuantizationRules = kRules;

}  // namespace octavo
