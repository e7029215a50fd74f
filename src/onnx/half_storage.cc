#include "onnx/half_storage.h"

#include <cstring>

#include "graph/op_def.h"
#include "graph/qdq.h"

namespace octavo::onnx {

namespace {

// A Cast says its names and a type: 100 to 300 bytes.
constexpr int64_t kFewestElements = 256;

bool fits(const Tensor& floats) {
  double error = 0, all = 0;
  for (float x : floats.span<float>()) {
    const double difference = x - static_cast<float>(Float16(x));
    error += difference * difference;
    all += double{x} * x;
  }
  return error <= all * 0x1p-22;
}

// Operators of other domains: MatMulNBits.
bool takes_exactly(const Node& node, std::size_t input) {
  return is_qdq(node) || !node.op->is_default_domain() || (node.op->shape_operands >> input & 1) != 0;
}

}  // namespace

Flags find_halves(const Graph& graph) {
  Flags may(graph.values.size());
  for (ValueId id = 0; id < graph.values.size(); ++id) {
    const ConstantTensor& constant = graph[id].constant;
    may[id] = constant && constant->dtype() == DType::f32 && constant->shape().elements() >= kFewestElements;
  }
  for (const Node& node : graph.nodes)
    for (std::size_t i = 0; i < node.inputs.size(); ++i)
      if (node.has_input(i) && takes_exactly(node, i)) may[node.inputs[i]] = false;
  for (ValueId id = 0; id < graph.values.size(); ++id) {
    if (!may[id]) continue;
    may[id] = fits(*graph[id].constant);
    graph[id].constant->give_back();
  }
  return may;
}

std::string packed_halves(const Tensor& floats) {
  std::string packed;
  for (float x : floats.span<float>()) {
    const uint16_t bits = Float16(x).bits;
    packed += static_cast<char>(bits & 255);
    packed += static_cast<char>(bits >> 8);
  }
  return packed;
}

}  // namespace octavo::onnx
