// How the scale and zero_point of Q and DQ nodes lie along a tensor.
#pragma once

#include <span>

#include "graph/op_def.h"

namespace octavo {

// Of both operators.
inline constexpr AttrDef kQdqAttributes[] = {{"axis", AttrKind::integer}, {"block_size", AttrKind::integer}};

// A tensor in `runs` contiguous runs of `length` elements, each with one scale.
struct QdqLayout {
  int64_t runs, length;
  // A run lies at index run / inner % along of an axis that is cut into blocks of `block`; `inner` counts the runs of
  // one index. Whole axes have block 1.
  int64_t along = 1, inner = 1, block = 1;
  bool by_axis = false;  // the scale varies along that axis alone, not along those before and behind it

  // The index of a run's scale and zero_point.
  int64_t parameter(int64_t run) const {
    const int64_t index = run / inner % along;
    if (by_axis) return index;
    const int64_t blocks = (along + block - 1) / block;
    return (run / inner / along * blocks + index / block) * inner + run % inner;
  }
};

// Inputs of a Q or DQ node: 0 the tensor, 1 the scale, 2 (optional) the zero_point. The scale is one number; a vector
// with one number for each index of the attribute "axis"; or, blocked, of the tensor's rank, with one number for each
// "block_size" indices of that axis. Throws Error(invalid_graph) when scale and zero_point do not fit.
void check_qdq(const InferContext& ctx);

// OpDef::plan of both operators, whose operands went through check_qdq: it keeps their QdqLayout.
StepPlan plan_qdq(const PlanContext& ctx);

// OpDef::permute of both operators: the axis follows.
bool permute_qdq(Graph& graph, Node& node, std::span<const int> permutation);

}  // namespace octavo
