#include "ops/operands.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"

namespace octavo {

void require_dtype(const InferContext& ctx, std::size_t i, std::initializer_list<DType> supported) {
  if (std::ranges::find(supported, ctx.dtype(i)) != supported.end()) return;
  std::string names;
  for (DType dtype : supported) names += text("{}{}", names.empty() ? "" : ", ", dtype_name(dtype));
  throw Error(ErrorCode::unsupported,
              text("input {} is {}; supported: {}", i, dtype_name(ctx.dtype(i)), names));
}

void require_same_dtype(const InferContext& ctx, std::size_t i, std::size_t j) {
  require(ctx.dtype(i) == ctx.dtype(j), ErrorCode::invalid_graph, "input {} is {} but input {} is {}", i,
          dtype_name(ctx.dtype(i)), j, dtype_name(ctx.dtype(j)));
}

void require_elements(const InferContext& ctx, std::size_t i, int64_t count) {
  const Shape& shape = ctx.shape(i);
  require(!shape.is_static() || shape.elements() == count, ErrorCode::invalid_graph,
          "input {} must have {}{}, but has shape {}", i, count, count == 1 ? " element" : " elements",
          shape);
}

int64_t int_at(const TensorView& tensor, int64_t i) {
  if (tensor.dtype == DType::s64) return tensor.as<int64_t>()[i];
  require(tensor.dtype == DType::s32, ErrorCode::invalid_graph, "expected an integer tensor, got {}",
          dtype_name(tensor.dtype));
  return tensor.as<int32_t>()[i];
}

std::optional<int64_t> known_int(const Operand& operand) {
  if (operand.known == nullptr) return std::nullopt;
  require(operand.known->shape().elements() == 1, ErrorCode::invalid_graph, "expected one integer, got {}",
          operand.known->shape());
  return int_at(operand.known->view(), 0);
}

uint32_t axis_mask(const TensorView& axes, int rank) {
  uint32_t mask = 0;
  for (int64_t i = 0; i < axes.shape.elements(); ++i) {
    const int axis = normalize_axis(int_at(axes, i), rank);
    require((mask >> axis & 1) == 0, ErrorCode::invalid_graph, "axis {} is named twice", axis);
    mask |= uint32_t{1} << axis;
  }
  return mask;
}

void infer_as_input(InferContext& ctx) { ctx.set(0, ctx.dtype(0), ctx.shape(0)); }

StepPlan plan_view(const PlanContext&) { return {.is_view = true}; }

void copy_input(RunContext& ctx) {
  std::memcpy(ctx.outputs[0].data, ctx.inputs[0].data, ctx.inputs[0].bytes());
}

namespace {

// Where the permutation puts an axis.
int64_t permuted_axis(std::span<const int> permutation, int64_t axis) {
  const int old_axis = normalize_axis(axis, static_cast<int>(permutation.size()));
  return std::ranges::find(permutation, old_axis) - permutation.begin();
}

}  // namespace

int choice(const Attrs& attrs, Name name, std::initializer_list<std::string_view> choices) {
  const std::string_view value = attrs.get_string(name, *choices.begin());
  const auto found = std::ranges::find(choices, value);
  require(found != choices.end(), ErrorCode::unsupported, "{} '{}' is not supported", name, value);
  return static_cast<int>(found - choices.begin());
}

int axis_or_last(const Attrs& attrs, const Shape& shape) {
  return normalize_axis(attrs.get_int("axis", -1), shape.rank());
}

StepPlan plan_axis_or_last(const PlanContext& ctx) {
  return {.state = PlanState(axis_or_last(ctx.attrs(), ctx.output_shape()))};
}

bool permute_axis_attribute(Graph&, Node& node, std::span<const int> permutation) {
  node.attrs.set("axis", permuted_axis(permutation, node.attrs.get_int("axis", -1)));
  return true;
}

bool permute_axes_input(Graph& graph, Node& node, std::size_t slot, int64_t implied,
                        std::span<const int> permutation) {
  std::vector<int64_t> axes;
  if (node.has_input(slot)) {
    const Tensor* constant = graph.constant_input(node, slot);
    if (constant == nullptr) return false;
    axes = to_int64(constant->view());
  } else {
    for (int64_t axis = 0; axis < implied; ++axis) axes.push_back(axis);
  }
  for (int64_t& axis : axes) axis = permuted_axis(permutation, axis);
  if (node.inputs.size() <= slot) node.inputs.resize(slot + 1, kNoValue);
  node.inputs[slot] = graph.add_constant(
      graph.unique_value_name(text("{}.axes", node.name)),
      Tensor::of<int64_t>({static_cast<int64_t>(axes.size())}, std::span<const int64_t>(axes)));
  return true;
}

}  // namespace octavo
