// The walk of two operands and an output through the shape that they broadcast to.
#pragma once

#include "graph/op_def.h"
#include "kernels/strided.h"

namespace octavo {

// The bytes between neighbours of `operand` along an axis of a shape of `rank` axes that it is broadcast to.
int64_t broadcast_step(const Operand& operand, int axis, int rank);

// Steps of a, b and out along the axes of out, numpy's rule. The shapes fit and have at most kernels::kMaxRank axes.
kernels::StridedBox<3> broadcast_box(const Operand& a, const Operand& b, const Operand& out);

// OpDef::plan that keeps the box of inputs 0 and 1 and output 0, a kernels::StridedBox<3>.
StepPlan plan_broadcast(const PlanContext& ctx);

// out = f(a, b, how) over their box, for any types, by way of Middle: double, or int64_t for integers and booleans.
template <class Middle>
void compute_elements(const KernelPolicy& policy, const kernels::StridedBox<3>& box, const TensorView& a,
                      const TensorView& b, const TensorView& out, Middle (*f)(Middle, Middle, unsigned how),
                      unsigned how);

}  // namespace octavo
