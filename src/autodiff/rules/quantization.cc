// Gradients of the fake quantizer, QuantizeLinear and DequantizeLinear: straight through where nothing saturates.
//
//   q = clamp(i, qmin, qmax), i = round(x / s) + z;  y = (q - z) · s
//   dx = g where qmin <= i <= qmax, else 0: the mask is of the integer before it is clamped, as in PyTorch
//        (FakeQuantPerTensorAffine.cpp)
//   ds = Σ g · (q - z), less Σ g · x / s where dx is not 0: learned step sizes (Esser et al. 2020; PyTorch's
//        _learnable_fake_quantize), without their factor 1 / √(n · qmax), which is a matter of the learning rate
//
// Zero points are integers, through which nothing flows. The pair's scales may be two.
#include "autodiff/rule.h"
#include "graph/qdq.h"

namespace octavo {

namespace {

// A scale or zero point as it is broadcast to x: along the attribute "axis" where it is one for each index.
ValueId parameter(Backward& b, ValueId id, const Shape& x, int64_t axis) {
  if (b.shape(id).elements() == 1) return b.reshape(id, Shape{});
  Dims dims(static_cast<uint64_t>(x.rank() - normalize_axis(axis, x.rank())), 1);
  dims[0] = b.shape(id)[0];
  return b.reshape(id, dims);
}

// Σ of what each element gives to a parameter.
void give_parameter(Backward& b, ValueId id, ValueId gradient, int64_t axis) {
  if (b.shape(id).elements() == 1) return b.give_to(id, b.fit(gradient, b.shape(id)));
  const int rank = b.rank(gradient), kept = normalize_axis(axis, rank);
  std::vector<int64_t> axes;
  for (int i = 0; i < rank; ++i)
    if (i != kept) axes.push_back(i);
  b.give_to(id, b.sum(gradient, axes));
}

constexpr int64_t kFloat = 1;  // TensorProto.DataType

// Gives x of a QuantizeLinear what its pair takes off its integers: g, by y.
void quantize(Backward& b, const Node& node, ValueId g, ValueId dequantizing_scale) {
  const ValueId x = node.inputs[0], scale = node.inputs[1];
  if (!b.wants_value(x) && !b.wants_value(scale)) return;
  const Shape shape = b.shape(x);
  const int64_t axis = node.attrs.get_int("axis", 1);
  const IntegerRange range = integer_range(node, *b.graph()[node.outputs[0]].dtype);
  const ValueId s = parameter(b, scale, shape, axis);
  const ValueId ratio = b.add("Div", {x, s});
  ValueId low = b.number(range.qmin), high = b.number(range.qmax);
  if (node.has_input(2)) {
    const ValueId z = b.add("Cast", {parameter(b, node.inputs[2], shape, axis)}, {{"to", kFloat}});
    low = b.add("Sub", {low, z});
    high = b.add("Sub", {high, z});
  }
  const ValueId integer = b.add("Round", {ratio});
  const ValueId inside =
      b.add("And", {b.add("GreaterOrEqual", {integer, low}), b.add("LessOrEqual", {integer, high})});
  ValueId passed = b.add("Where", {inside, g, b.number(0)});
  if (dequantizing_scale != scale)
    passed = b.add("Mul", {passed, b.add("Div", {parameter(b, dequantizing_scale, shape, axis), s})});
  b.give_to(x, passed);
  if (b.wants_value(scale)) give_parameter(b, scale, b.add("Neg", {b.add("Mul", {passed, ratio})}), axis);
}

void dequantize(Backward& b) {
  const ValueId g = b.gradient();
  const int64_t axis = b.attrs().get_int("axis", 1);
  if (b.wants(1)) {
    const ValueId s = parameter(b, b.in(1), b.shape(b.out()), axis);
    give_parameter(b, b.in(1), b.add("Mul", {g, b.add("Div", {b.out(), s})}), axis);
  }
  const Node* const quantizing = b.producer(b.in(0));
  if (!quantizing || !is_quantize(*quantizing)) return;
  const Node node = *quantizing;
  quantize(b, node, g, b.in(1));
}

std::string obstacle(const Graph& graph, const Node& node) {
  if (node.attrs.get_int("block_size", 0) != 0) return "its scales are in blocks";
  const bool is_float32 = graph[node.inputs[1]].dtype == DType::f32;
  return is_float32 ? "" : "its scales are not float32";
}

// Its DequantizeLinear does the work; nothing else knows what integers are worth.
std::string quantize_obstacle(const Graph& graph, const Node& node) {
  const Uses uses(graph);
  for (uint32_t reader : uses.consumers[node.outputs[0]])
    if (!is_dequantize(graph.nodes[reader]))
      return "its integers are read by something other than DequantizeLinear";
  return obstacle(graph, node);
}

constexpr GradientRule kRules[] = {
    {.op = "QuantizeLinear", .obstacle = quantize_obstacle},
    {.op = "DequantizeLinear", .differentiate = dequantize, .obstacle = obstacle},
};

}  // namespace

const GradientRules kQuantizationRules = kRules;

}  // namespace octavo
