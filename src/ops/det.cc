// Det (float32 and float64): the determinant of square matrices, by elimination in float64. ONNX Det-11.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "ops/elements.h"
#include "ops/operands.h"
#include "ops/scratch.h"

namespace octavo {

namespace {

void infer(InferContext& ctx) {
  require_dtype(ctx, 0, Types<float, double>{});
  Shape x = ctx.shape(0);
  const int rank = x.rank();
  require(rank >= 2 && (x[rank - 1] == x[rank - 2] || x[rank - 1] == kDynamic || x[rank - 2] == kDynamic),
          ErrorCode::invalid_graph, "{} is not square matrices", x);
  ctx.set(0, ctx.dtype(0), Shape(Dims(x.dims.begin(), x.dims.end() - 2)));
}

StepPlan plan(const PlanContext& ctx) {
  const Shape& x = ctx.shape(0);
  const int64_t n = x[x.rank() - 1];
  return {.state = PlanState(n), .workspace = scratch_bytes<double>(n * n)};
}

// Gauss: the product of the pivots, the largest of each column.
double determinant(double* a, int64_t n) {
  double det = 1;
  for (int64_t k = 0; k < n; ++k) {
    int64_t pivot = k;
    for (int64_t i = k + 1; i < n; ++i)
      if (std::abs(a[i * n + k]) > std::abs(a[pivot * n + k])) pivot = i;
    if (pivot != k) {
      std::swap_ranges(a + k * n, a + (k + 1) * n, a + pivot * n);
      det = -det;
    }
    det *= a[k * n + k];
    if (a[k * n + k] == 0) return det;
    for (int64_t i = k + 1; i < n; ++i) {
      const double factor = a[i * n + k] / a[k * n + k];
      for (int64_t j = k + 1; j < n; ++j) a[i * n + j] -= factor * a[k * n + j];
    }
  }
  return det;
}

void run(RunContext& ctx) {
  const int64_t n = ctx.planned<int64_t>(), count = ctx.outputs[0].shape.elements();
  double* const a = Scratch(ctx.workspace).take<double>(n * n);
  for (int64_t i = 0; i < count; ++i) {
    load_elements(ctx.inputs[0], i * n * n, n * n, a);
    const double det = determinant(a, n);
    store_elements(&det, ctx.outputs[0], i, 1);
  }
}

OCTAVO_OPERATOR(det, {.name = "Det", .since = 11, .infer = infer, .plan = plan, .run = run});

}  // namespace

}  // namespace octavo
