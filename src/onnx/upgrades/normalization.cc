// Normalizations that are others, or are put together from reductions, and what attributes of them mean here.
#include "base/error.h"
#include "onnx/data_type.h"
#include "onnx/upgrade.h"

namespace octavo::onnx {

namespace {

// A number of the type of `like`, as far as that is known.
ValueId add_number(Draft& draft, const Node& node, ValueId like, double number) {
  return draft.add_constant(text("{}_number", node.name), draft.graph[like].dtype == DType::f64
                                                              ? Tensor::scalar(number)
                                                              : Tensor::scalar(static_cast<float>(number)));
}

ValueId add_ints(Draft& draft, const Node& node, std::span<const int64_t> numbers) {
  return draft.add_constant(text("{}_numbers", node.name),
                            Tensor::of<int64_t>({static_cast<int64_t>(numbers.size())}, numbers));
}

ValueId add_reduction(Draft& draft, const Node& node, Name op, ValueId x, ValueId axes, bool keeps_dims) {
  Attrs attrs;
  attrs.set("keepdims", int64_t{keeps_dims});
  return draft.add_node(op, node.name, {x, axes}, std::move(attrs));
}

// Training, of which the statistics are those of x: with x3 = Reshape(x, [0, 0, -1]) and momentum m
//   mean = ReduceMean(x3, [0, 2]), variance = ReduceMean((x3 - mean)², [0, 2]),
//   running mean = m · mean before + (1 - m) · mean, and of the variance, too,
//   y = BatchNormalization(x, scale, bias, mean, variance).
void train_batch_normalization(Draft& draft, Node& node) {
  require(node.inputs.size() == 5 && node.has_input(0), ErrorCode::invalid_graph, "has {} inputs, not 5",
          node.inputs.size());
  constexpr int64_t kImages[] = {0, 0, -1}, kAxes[] = {0, 2}, kChannels[] = {-1};
  const ValueId axes = add_ints(draft, node, kAxes), x = node.inputs[0];
  const ValueId x3 = draft.add_node("Reshape", node.name, {x, add_ints(draft, node, kImages)});
  const ValueId mean = add_reduction(draft, node, "ReduceMean", x3, axes, true);
  const ValueId centered = draft.add_node("Sub", node.name, {x3, mean});
  const ValueId squares = draft.add_node("Mul", node.name, {centered, centered});
  const ValueId statistics[] = {
      draft.add_node("Reshape", node.name, {mean, add_ints(draft, node, kChannels)}),
      add_reduction(draft, node, "ReduceMean", squares, axes, false)};
  const float momentum = node.attrs.get_float("momentum", 0.9f);
  for (std::size_t i = 0; i < 2; ++i) {
    if (i + 1 < node.outputs.size() && node.outputs[i + 1] != kNoValue) {
      const ValueId before = node.inputs[3 + i];
      const ValueId kept = draft.add_node("Mul", node.name, {before, add_number(draft, node, x, momentum)});
      const ValueId added =
          draft.add_node("Mul", node.name, {statistics[i], add_number(draft, node, x, 1 - momentum)});
      draft.add_node("Add", node.name, {kept, added}, node.outputs[i + 1]);
    }
    node.inputs[3 + i] = statistics[i];
  }
  node.outputs.resize(1);
  node.attrs.erase("training_mode");
}

// Before opset 9 `spatial` 0 asked for statistics per activation. Before opset 14 further outputs asked for training.
void batch_normalization(Draft& draft, DraftNode& draft_node) {
  Node& node = draft_node.node;
  require(node.attrs.get_int("spatial", 1) != 0, ErrorCode::unsupported, "spatial = 0 is not supported");
  node.attrs.erase("spatial");
  // Before opset 7 it trained unless told otherwise.
  require(draft.opset >= 7 || node.attrs.get_int("is_test", 0) != 0, ErrorCode::unsupported,
          "training is not supported before opset 14");
  if (draft.opset < 7) node.attrs.erase("is_test");
  if (node.attrs.get_int("training_mode", 0) != 0) return train_batch_normalization(draft, node);
  require(node.outputs.size() <= 1, ErrorCode::unsupported, "training is not supported before opset 14");
}

// 16-bit floats are float32 inside of a graph.
void stash(Draft&, DraftNode& draft_node) {
  Attrs& attrs = draft_node.node.attrs;
  if (attrs.has("stash_type")) attrs.set("stash_type", computed_type(attrs.get_int("stash_type", 0)));
}

// y = Div(x, ReduceL1 or ReduceL2(x, axis)).
void lp_normalization(Draft& draft, DraftNode& draft_node) {
  Node& node = draft_node.node;
  const int64_t p = node.attrs.get_int("p", 2), axis = node.attrs.get_int("axis", -1);
  require(p == 1 || p == 2, ErrorCode::invalid_graph, "p is {}", p);
  require(node.has_input(0), ErrorCode::invalid_graph, "has no input");
  const ValueId x = node.inputs[0], axes = add_ints(draft, node, std::span(&axis, 1));
  draft_node.op_type = "Div";
  node.inputs = {x, add_reduction(draft, node, p == 1 ? "ReduceL1" : "ReduceL2", x, axes, true)};
  for (Name name : {"axis", "p"}) node.attrs.erase(name);
}

// With d = x - ReduceMean(x, axes): y = d / (Sqrt(ReduceMean(d², axes)) + 1e-9).
void mean_variance_normalization(Draft& draft, DraftNode& draft_node) {
  Node& node = draft_node.node;
  require(node.has_input(0), ErrorCode::invalid_graph, "has no input");
  constexpr int64_t kAllButChannels[] = {0, 2, 3};
  const ValueId x = node.inputs[0];
  const ValueId axes = add_ints(
      draft, node, node.attrs.has("axes") ? node.attrs.get_ints("axes") : std::span(kAllButChannels));
  const ValueId mean = add_reduction(draft, node, "ReduceMean", x, axes, true);
  const ValueId centered = draft.add_node("Sub", node.name, {x, mean});
  const ValueId squares = draft.add_node("Mul", node.name, {centered, centered});
  const ValueId variance = add_reduction(draft, node, "ReduceMean", squares, axes, true);
  const ValueId deviation = draft.add_node("Sqrt", node.name, {variance});
  draft_node.op_type = "Div";
  node.inputs = {centered, draft.add_node("Add", node.name, {deviation, add_number(draft, node, x, 1e-9)})};
  node.attrs.erase("axes");
}

constexpr Upgrade kRows[] = {
    {"BatchNormalization", batch_normalization},
    {"GroupNormalization", stash},
    {"LayerNormalization", stash},
    {"LpNormalization", lp_normalization, 1},
    {"MeanVarianceNormalization", mean_variance_normalization, 9},
    {"RMSNormalization", stash},
};

const RegisterUpgrades registered(kRows);

}  // namespace

}  // namespace octavo::onnx
