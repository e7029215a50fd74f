// The walk of two operands and an output through the shape that they broadcast to.
#pragma once

#include "graph/op_def.h"
#include "kernels/strided.h"

namespace octavo {

// Steps of a, b and out along the axes of out, numpy's rule. The shapes fit and have at most kernels::kMaxRank axes.
kernels::StridedBox<3> broadcast_box(const Operand& a, const Operand& b, const Operand& out);

// OpDef::plan that keeps the box of inputs 0 and 1 and output 0, a kernels::StridedBox<3>.
StepPlan plan_broadcast(const PlanContext& ctx);

}  // namespace octavo
