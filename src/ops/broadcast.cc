#include "ops/broadcast.h"

#include "ops/elements.h"
#include "ops/parallel.h"

namespace octavo {

static_assert(Dims::kMaxRank <= kernels::kMaxRank, "every tensor has a box");

int64_t broadcast_step(const Operand& operand, int axis, int rank) {
  const Shape& shape = *operand.shape;
  axis -= rank - shape.rank();
  if (axis < 0 || shape[axis] == 1) return 0;
  auto step = static_cast<int64_t>(size_of(*operand.dtype));
  for (int inner = axis + 1; inner < shape.rank(); ++inner) step *= shape[inner];
  return step;
}

kernels::StridedBox<3> broadcast_box(const Operand& a, const Operand& b, const Operand& out) {
  const int rank = out.shape->rank();
  kernels::StridedBox<3> box;
  for (int axis = 0; axis < rank; ++axis)
    box.append((*out.shape)[axis], {broadcast_step(a, axis, rank), broadcast_step(b, axis, rank),
                                    broadcast_step(out, axis, rank)});
  return box;
}

StepPlan plan_broadcast(const PlanContext& ctx) {
  return {.state = PlanState(broadcast_box(ctx.inputs[0], ctx.inputs[1], ctx.outputs[0]))};
}

template <class Middle>
void compute_elements(const KernelPolicy& policy, const kernels::StridedBox<3>& box, const TensorView& a,
                      const TensorView& b, const TensorView& out, Middle (*f)(Middle, Middle, unsigned how),
                      unsigned how) {
  const auto place = [](const TensorView& tensor, const std::byte* at) {
    return (at - tensor.data) / static_cast<int64_t>(size_of(tensor.dtype));
  };
  parallel_box<3>(policy, box, {a.data, b.data, out.data}, [&](const auto& piece, const auto& pointers) {
    piece.for_each_row(pointers, [&](const auto& at, int64_t n, const auto& steps) {
      const bool a_steps = steps[0] != 0, b_steps = steps[1] != 0;
      Middle x[kChunk], y[kChunk], z[kChunk];
      for (int64_t start = 0; start < n; start += kChunk) {
        const int64_t count = std::min(kChunk, n - start);
        load_elements(a, place(a, at[0]) + a_steps * start, a_steps ? count : 1, x);
        load_elements(b, place(b, at[1]) + b_steps * start, b_steps ? count : 1, y);
        for (int64_t i = 0; i < count; ++i) z[i] = f(x[a_steps * i], y[b_steps * i], how);
        store_elements(z, out, place(out, at[2]) + start, count);
      }
    });
  });
}

template void compute_elements(const KernelPolicy&, const kernels::StridedBox<3>&, const TensorView&,
                               const TensorView&, const TensorView&, double (*)(double, double, unsigned),
                               unsigned);
template void compute_elements(const KernelPolicy&, const kernels::StridedBox<3>&, const TensorView&,
                               const TensorView&, const TensorView&, int64_t (*)(int64_t, int64_t, unsigned),
                               unsigned);

}  // namespace octavo
