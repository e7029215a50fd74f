// octavo.RowSums (float32): y[c] = Σ x[…, c] over all axes but the last. Rows are divided into parts, whose number
// follows from the shape alone, and summed by blocks, which bounds the rounding error.
#include <algorithm>

#include "base/error.h"
#include "kernels/reduce/reduce.h"
#include "ops/operands.h"
#include "ops/parallel.h"
#include "ops/scratch.h"

namespace octavo {

namespace {

void infer(InferContext& ctx) {
  require_dtype(ctx, 0, Types<float>{});
  ctx.set(0, DType::f32, Shape{ctx.shape(0).dims.back()});
}

// Rows are summed several side by side, where they are short, as one of `width` elements.
struct SumsPlan {
  int64_t columns, width, rows, parts, rest;  // `rest` rows of x are left over
};

StepPlan plan(const PlanContext& ctx) {
  constexpr int64_t kWidth = 64, kParts = 16;
  const Shape& x = ctx.shape(0);
  SumsPlan plan{.columns = x.dims.back()};
  const int64_t rows = x.elements(0, x.rank() - 1);
  const int64_t beside = std::max<int64_t>(kWidth / std::max<int64_t>(plan.columns, 1), 1);
  plan.width = beside * plan.columns;
  plan.rows = rows / beside;
  plan.rest = rows % beside;
  plan.parts = std::clamp<int64_t>(plan.rows * plan.width / kLeastSteps, 1, kParts);
  return {.state = PlanState(plan),
          .workspace = scratch_bytes<float>(static_cast<uint64_t>(2 * plan.parts * plan.width))};
}

void run(RunContext& ctx) {
  constexpr int64_t kBlock = 256, kSize = sizeof(float);
  const auto& [columns, width, rows, parts, rest] = ctx.planned<SumsPlan>();
  const float* const x = ctx.inputs[0].as<float>();
  float* const sums = Scratch(ctx.workspace).take<float>(static_cast<uint64_t>(2 * parts * width));
  std::fill_n(sums, parts * width, 0.0f);
  parallel_elements(ctx.kernels, parts, rows * width / parts, [&](int64_t begin, int64_t end) {
    for (int64_t part = begin; part < end; ++part) {
      float *const sum = sums + part * width, *const block = sums + (parts + part) * width;
      for (int64_t row = rows * part / parts, last = rows * (part + 1) / parts; row < last; row += kBlock) {
        kernels::StridedBox<2> box;
        box.append(std::min(kBlock, last - row), {width * kSize, 0});
        box.append(width, {kSize, kSize});
        kernels::mean_f32(box, x + row * width, block, width, 1);
        for (int64_t i = 0; i < width; ++i) sum[i] += block[i];
      }
    }
  });
  float* const y = ctx.outputs[0].as<float>();
  std::fill_n(y, columns, 0.0f);
  const auto add = [&](const float* from, int64_t count) {
    for (int64_t i = 0; i < count; ++i) y[i % columns] += from[i];
  };
  add(sums, parts * width);
  add(x + rows * width, rest * columns);
}

OCTAVO_OPERATOR(row_sums, {.name = "octavo.RowSums", .infer = infer, .plan = plan, .run = run});

}  // namespace

}  // namespace octavo
