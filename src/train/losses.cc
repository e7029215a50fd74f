#include "train/losses.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "autodiff/backward.h"
#include "base/error.h"

namespace octavo {

namespace {

bool is_of_classes(LossKind kind) {
  return kind == LossKind::cross_entropy || kind == LossKind::distillation;
}

void check(const LossOptions& options) {
  require(options.label_smoothing >= 0 && options.label_smoothing <= 1, ErrorCode::invalid_option,
          "labelSmoothing must be a number from 0 to 1");
  require(options.temperature > 0, ErrorCode::invalid_option, "temperature must be greater than 0");
  require(options.delta > 0, ErrorCode::invalid_option, "delta must be greater than 0");
  require(options.output_weight >= 0 && options.layer_weight >= 0, ErrorCode::invalid_option,
          "outputWeight and layerWeight must not be negative");
}

// 1 where an index names the class, along axis 1.
ValueId one_hot(Backward& b, ValueId indices, int64_t classes) {
  const int rank = b.rank(indices) + 1;
  Tensor numbers(DType::s64, {classes});
  std::iota(numbers.span<int64_t>().begin(), numbers.span<int64_t>().end(), int64_t{0});
  Dims dims(static_cast<uint64_t>(rank - 1), 1);
  dims[0] = classes;
  b.bind("classes", b.reshape(b.constant(std::move(numbers)), dims));
  b.bind("axis", b.ints({1}));
  b.bind("indices", indices);
  return b.formula("Where(Unsqueeze(indices, axis) == classes, 1, 0)");
}

ValueId log_softmax(Backward& b, ValueId x) { return b.add("LogSoftmax", {x}, {{"axis", int64_t{1}}}); }

}  // namespace

TensorType target_type(const LossOptions& options, const TensorType& outputs, bool are_indices) {
  if (options.kind != LossKind::cross_entropy || !are_indices) return outputs;
  Dims dims(static_cast<uint64_t>(outputs.shape->rank() - 1), 0);
  for (int axis = 0, to = 0; axis < outputs.shape->rank(); ++axis)
    if (axis != 1) dims[to++] = (*outputs.shape)[axis];
  return {DType::s64, Shape(dims)};
}

namespace {

ValueId add_output_loss(Graph& graph, const LossOptions& options, ValueId outputs, ValueId targets) {
  const TensorType type = graph[outputs];
  require(type.dtype == DType::f32 && type.is_static() && type.shape->elements() > 0, ErrorCode::unsupported,
          "no loss can be made of the output '{}'", graph[outputs].name);
  const bool of_classes = is_of_classes(options.kind);
  require(!of_classes || type.shape->rank() >= 2, ErrorCode::unsupported,
          "the output '{}' of shape {} has no axis of classes", graph[outputs].name, *type.shape);
  const TensorType expected = target_type(options, type, graph[targets].dtype == DType::s64);
  require(graph[targets].dtype == expected.dtype && graph[targets].shape == expected.shape,
          ErrorCode::invalid_input, "targets of shape {} do not fit an output of shape {}",
          *graph[targets].shape, *type.shape);
  Backward b(graph);
  const double compared =
      static_cast<double>(type.shape->elements()) / static_cast<double>(of_classes ? (*type.shape)[1] : 1);
  b.bind("x", outputs);
  b.bind("t", targets);
  b.bind("many", b.number(compared));
  switch (options.kind) {
    case LossKind::cross_entropy: {
      const int64_t classes = (*type.shape)[1];
      if (graph[targets].dtype == DType::s64) b.bind("t", one_hot(b, targets, classes));
      if (options.label_smoothing > 0) {
        b.bind("kept", b.number(1 - options.label_smoothing));
        b.bind("even", b.number(options.label_smoothing / static_cast<double>(classes)));
        b.bind("t", b.formula("t * kept + even"));
      }
      b.bind("l", log_softmax(b, outputs));
      return b.formula("-ReduceSum(t * l) / many");
    }
    case LossKind::binary_cross_entropy: return b.formula("ReduceSum(Softplus(x) - t * x) / many");
    case LossKind::mean_squared_error: return b.formula("d = x - t; ReduceSum(d * d) / many");
    case LossKind::huber:
      b.bind("delta", b.number(options.delta));
      return b.formula(
          "d = x - t; s = Abs(d); ReduceSum(Where(s <= delta, d * d / 2, delta * (s - delta / 2))) / many");
    case LossKind::distillation:
      b.bind("heat", b.number(options.temperature));
      b.bind("p", log_softmax(b, b.formula("t / heat")));
      b.bind("q", log_softmax(b, b.formula("x / heat")));
      return b.formula("heat * heat * ReduceSum(Exp(p) * (p - q)) / many");
  }
  return kNoValue;
}

}  // namespace

ValueId add_loss(Graph& graph, const LossOptions& options, ValueId outputs, ValueId targets) {
  check(options);
  const ValueId loss = add_output_loss(graph, options, outputs, targets);
  if (options.output_weight == 1) return loss;
  Backward b(graph);
  return b.add("Mul", {loss, b.number(options.output_weight)});
}

ValueId add_layer_loss(Graph& graph, const LossOptions& options, ValueId loss, ValueId layer,
                       ValueId target) {
  Backward b(graph);
  b.bind("l", loss);
  b.bind("x", layer);
  b.bind("t", target);
  b.bind("weight", b.number(options.layer_weight));
  b.bind("tiny", b.number(std::numeric_limits<float>::min()));
  return b.formula("d = x - t; l + weight * ReduceSum(d * d) / (ReduceSum(t * t) + tiny)");
}

ValueId find_layer(const Graph& graph, std::string_view name) {
  // Of the name's beginning.
  const auto likeness = [&](std::string_view known) {
    std::size_t same = 0;
    while (same < name.size() && same < known.size() && known[same] == name[same]) ++same;
    return same;
  };
  std::string_view nearest[3];
  for (const Node& node : graph.nodes) {
    const ValueId id = node.outputs[0];
    if (id == kNoValue || graph[id].dtype != DType::f32) continue;
    std::string_view known = graph[id].name;
    if (known == name) return id;
    for (std::string_view& other : nearest)
      if (other.empty() || likeness(known) > likeness(other)) std::swap(known, other);
  }
  throw Error(ErrorCode::invalid_option,
              text("option 'layers': no node computes '{}' in float32; there are '{}', '{}', '{}'", name,
                   nearest[0], nearest[1], nearest[2]));
}

}  // namespace octavo
