#include "ops/broadcast.h"

namespace octavo {

static_assert(Dims::kMaxRank <= kernels::kMaxRank, "every tensor has a box");

kernels::StridedBox<3> broadcast_box(const Operand& a, const Operand& b, const Operand& out) {
  const int rank = out.shape->rank();
  const Operand* tensors[] = {&a, &b, &out};
  kernels::StridedBox<3>::Steps steps[kernels::kMaxRank] = {};
  for (int t = 0; t < 3; ++t) {
    const Shape& shape = *tensors[t]->shape;
    auto step = static_cast<int64_t>(size_of(*tensors[t]->dtype));
    for (int i = 1; i <= shape.rank(); ++i) {
      const int64_t dim = shape[shape.rank() - i];
      steps[rank - i][t] = dim == 1 ? 0 : step;
      step *= dim;
    }
  }
  kernels::StridedBox<3> box;
  for (int axis = 0; axis < rank; ++axis) box.append((*out.shape)[axis], steps[axis]);
  return box;
}

StepPlan plan_broadcast(const PlanContext& ctx) {
  return {.state = PlanState(broadcast_box(ctx.inputs[0], ctx.inputs[1], ctx.outputs[0]))};
}

}  // namespace octavo
