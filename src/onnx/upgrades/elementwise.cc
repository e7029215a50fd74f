// Functions of any number of elements as chains of two at a time.
#include <algorithm>

#include "base/error.h"
#include "onnx/upgrade.h"

namespace octavo::onnx {

namespace {

// Min, Max, Sum and Mean: f(f(a, b), c) …, of which Mean is the n-th part of the sum.
void variadic(Draft& draft, DraftNode& draft_node) {
  Node& node = draft_node.node;
  const std::string op = draft_node.op_type;
  const bool is_mean = op == "Mean";
  const Name step = is_mean || op == "Sum" ? "Add" : op.c_str();
  const std::size_t count = node.inputs.size();
  require(count > 0 && std::ranges::count(node.inputs, kNoValue) == 0, ErrorCode::invalid_graph,
          "an input is missing");
  draft_node.op_type = count == 1 ? "Identity" : is_mean ? "Mul" : step;
  if (count == 1) return;
  ValueId result = node.inputs[0];
  for (std::size_t i = 1; i < count - (is_mean ? 0 : 1); ++i)
    result = draft.add_node(step, node.name, {result, node.inputs[i]});
  ValueId last = node.inputs[count - 1];
  if (is_mean) {
    const float part = 1.0f / static_cast<float>(count);
    last = draft.add_constant(text("{}_part", node.name), Tensor::scalar(part));
    // The inputs are float32 unless they say otherwise.
    const auto dtype = draft.graph[node.inputs[0]].dtype;
    if (dtype != DType::f32) last = draft.add_node("CastLike", node.name, {last, node.inputs[0]});
  }
  node.inputs = {result, last};
}

constexpr Upgrade kRows[] = {
    {"Max", variadic},
    {"Mean", variadic, 1},
    {"Min", variadic},
    {"Sum", variadic, 1},
};

const RegisterUpgrades registered(kRows);

}  // namespace

}  // namespace octavo::onnx
