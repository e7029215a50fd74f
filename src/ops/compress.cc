// Compress and NonZero of any dtype: the slices for which a condition holds, and where elements are not zero. ONNX
// Compress-9 … Compress-11, NonZero-9 … NonZero-13.
#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "ops/along_axis.h"
#include "ops/elements.h"
#include "ops/operands.h"

namespace octavo {

namespace {

// Calls visit(i) for each of the first n elements that is not 0, and returns how many there are.
template <class Visit> int64_t for_each_nonzero(const TensorView& x, int64_t n, const Visit& visit) {
  double chunk[kChunk];
  int64_t count = 0;
  for (int64_t start = 0; start < n; start += kChunk) {
    const int64_t length = std::min(kChunk, n - start);
    load_elements(x, start, length, chunk);
    for (int64_t i = 0; i < length; ++i)
      if (chunk[i] != 0) {
        visit(start + i);
        ++count;
      }
  }
  return count;
}

constexpr auto kNothing = [](int64_t) {};

void infer_compress(InferContext& ctx) {
  require_dtype(ctx, 1, {DType::boolean});
  require(ctx.shape(1).rank() == 1, ErrorCode::invalid_graph,
          "the condition must be a list, but has shape {}", ctx.shape(1));
  Shape y{kDynamic};
  if (ctx.attrs().has("axis")) {
    y = ctx.shape(0);
    y[axis_or_last(ctx.attrs(), y)] = kDynamic;
  }
  ctx.set(0, ctx.dtype(0), y);
}

struct CompressPlan {
  AlongAxis x;
  int axis;  // -1: the output is a list
};

StepPlan plan_compress(const PlanContext& ctx) {
  const Shape& x = ctx.shape(0);
  if (!ctx.attrs().has("axis")) return {.state = PlanState(CompressPlan{{Shape{x.elements()}, 0}, -1})};
  const int axis = axis_or_last(ctx.attrs(), x);
  return {.state = PlanState(CompressPlan{{x, axis}, axis})};
}

void run_compress(RunContext& ctx) {
  const TensorView &x = ctx.inputs[0], &condition = ctx.inputs[1];
  const auto& [along, axis] = ctx.planned<CompressPlan>();
  const int64_t n = condition.shape[0];
  const int64_t last = for_each_nonzero(condition, std::min(n, along.size), kNothing);
  require(for_each_nonzero(condition, n, kNothing) == last, ErrorCode::invalid_input,
          "the condition of shape {} selects more than {} slices", condition.shape, along.size);
  Shape shape{last};
  if (axis >= 0) {
    shape = x.shape;
    shape[axis] = last;
  }
  std::byte* to = ctx.make_output(0, shape).data;
  const std::size_t slice = along.inner * size_of(x.dtype);
  for (int64_t outer = 0; outer < along.outer; ++outer)
    for_each_nonzero(condition, std::min(n, along.size), [&](int64_t i) {
      std::memcpy(to, x.data + (outer * along.size + i) * slice, slice);
      to += slice;
    });
}

void infer_nonzero(InferContext& ctx) { ctx.set(0, DType::s64, {ctx.shape(0).rank(), kDynamic}); }

void run_nonzero(RunContext& ctx) {
  const TensorView& x = ctx.inputs[0];
  const int64_t n = x.shape.elements(), count = for_each_nonzero(x, n, kNothing);
  auto* to = ctx.make_output(0, {x.shape.rank(), count}).as<int64_t>();
  for_each_nonzero(x, n, [&](int64_t i) {
    for (int axis = x.shape.rank() - 1; axis >= 0; --axis) {
      to[axis * count] = i % x.shape[axis];
      i /= x.shape[axis];
    }
    ++to;
  });
}

OCTAVO_OPERATOR(compress, {.name = "Compress",
                           .since = 9,
                           .min_inputs = 2,
                           .max_inputs = 2,
                           .attributes = kAxisAttribute,
                           .infer = infer_compress,
                           .plan = plan_compress,
                           .run = run_compress,
                           .shape_depends_on_data = true});

OCTAVO_OPERATOR(non_zero, {.name = "NonZero",
                           .since = 9,
                           .infer = infer_nonzero,
                           .run = run_nonzero,
                           .same_dtype = false,
                           .shape_depends_on_data = true});

}  // namespace

}  // namespace octavo
