// Small graphs with QuantizeLinear and DequantizeLinear, and what comes of lowering them.
#pragma once

#include "passes/passes.h"
#include "support/graph_builder.h"
#include "support/interpreter.h"

namespace octavo::test {

using Floats = std::vector<float>;

// Q or DQ with one scale; T is the type of the integers.
template <class T>
ValueId qdq(GraphBuilder& b, std::string_view op, ValueId input, float scale, T zero_point,
            QuantizationNotes notes) {
  const ValueId output =
      b.node(op, {input, b.constant({}, {scale}), b.constant(Tensor::scalar<T>(zero_point))});
  b.graph.nodes.back().notes = notes;
  return output;
}
template <class T>
ValueId quantize(GraphBuilder& b, ValueId x, float scale, T zero_point, QuantizationNotes notes = {}) {
  return qdq<T>(b, "QuantizeLinear", x, scale, zero_point, notes);
}
template <class T>
ValueId dequantize(GraphBuilder& b, ValueId q, float scale, T zero_point, QuantizationNotes notes = {}) {
  return qdq<T>(b, "DequantizeLinear", q, scale, zero_point, notes);
}

// Q → DQ.
template <class T = uint8_t>
ValueId fake_quantize(GraphBuilder& b, ValueId x, float scale, std::type_identity_t<T> zero_point) {
  return dequantize<T>(b, quantize<T>(b, x, scale, zero_point), scale, zero_point);
}

// DQ of constant int8 weights with one scale.
inline ValueId weights(GraphBuilder& b, Shape shape, std::initializer_list<int8_t> values, float scale) {
  return dequantize<int8_t>(b, b.constant(Tensor::of<int8_t>(std::move(shape), values)), scale, 0);
}

// What came of lowering a graph.
struct LoweredModel {
  Graph graph;
  std::vector<FloatIsland> islands;

  // The elements of the outputs for the graph's one input.
  std::vector<Floats> run(const Floats& x) const {
    std::vector<Tensor> feeds;
    feeds.push_back(Tensor::of<float>(*graph[graph.inputs[0]].shape, std::span<const float>(x)));
    std::vector<Floats> outputs;
    for (const Tensor& tensor : interpret(graph, feeds)) {
      const auto values = tensor.span<float>();
      outputs.emplace_back(values.begin(), values.end());
    }
    return outputs;
  }
  // Why the node of that operator stayed float, or "".
  std::string reason(std::string_view op) const {
    for (const FloatIsland& island : islands)
      if (island.op == op) return island.reason;
    return "";
  }
};

inline LoweredModel lowered(const GraphBuilder& b) {
  LoweredModel result{b.graph, {}};
  infer_shapes(result.graph);
  result.islands = lower(result.graph, KernelPolicy{});
  verify(result.graph);
  return result;
}

}  // namespace octavo::test
