// Small rules about operands that many operators share.
#pragma once

#include <initializer_list>
#include <span>

#include "graph/op_def.h"

namespace octavo {

// Throws Error(unsupported) unless input i has one of the dtypes.
void require_dtype(const InferContext& ctx, std::size_t i, std::initializer_list<DType> supported);
template <class... Ts> void require_dtype(const InferContext& ctx, std::size_t i, Types<Ts...>) {
  require_dtype(ctx, i, {dtype_of<Ts>...});
}
// Throws Error(invalid_graph) unless inputs i and j have the same dtype.
void require_same_dtype(const InferContext& ctx, std::size_t i, std::size_t j);

// Throws Error(invalid_graph) where input i is known to have another number of elements.
void require_elements(const InferContext& ctx, std::size_t i, int64_t count);

// Whether two dimensions are the same, or may be.
inline bool may_equal(int64_t a, int64_t b) { return a == b || a == kDynamic || b == kDynamic; }

// Element i of a tensor of s32 or s64. Unlike to_int64 it allocates nothing, so that `run` may call it.
int64_t int_at(const TensorView& tensor, int64_t i);

// The integer of an operand of one element, when it is known. Throws Error(invalid_graph) for several elements.
std::optional<int64_t> known_int(const Operand& operand);

// Bit a is set when axis a is among `axes`, a tensor of integers in [-rank, rank). Throws Error(invalid_graph) for an
// axis outside of that, and for one that is named twice.
uint32_t axis_mask(const TensorView& axes, int rank);

// Output 0 has the dtype and shape of input 0.
void infer_as_input(InferContext& ctx);

// OpDef::plan of operators that only ever change the shape, and their OpDef::run, for memory that cannot be shared.
StepPlan plan_view(const PlanContext& ctx);
void copy_input(RunContext& ctx);

// The place of the string attribute `name` among the choices, of which the first one is the default. Throws
// Error(unsupported) for another string.
int choice(const Attrs& attrs, Name name, std::initializer_list<std::string_view> choices);

// Of operators with no other attribute.
inline constexpr AttrDef kAxisAttribute[] = {{"axis", AttrKind::integer}};

// The axis that the attribute "axis" names; the last one where it is absent.
int axis_or_last(const Attrs& attrs, const Shape& shape);

// OpDef::plan that keeps that axis of output 0, an int.
StepPlan plan_axis_or_last(const PlanContext& ctx);

// OpDef::permute of operators whose attribute "axis" names an axis of input 0; the last one where it is absent.
bool permute_axis_attribute(Graph& graph, Node& node, std::span<const int> permutation);

// Rewrites input `slot`, a list of axes of input 0, for OpDef::permute. An absent list stands for the axes
// 0 … implied - 1. False when the list is not constant.
bool permute_axes_input(Graph& graph, Node& node, std::size_t slot, int64_t implied,
                        std::span<const int> permutation);

}  // namespace octavo
