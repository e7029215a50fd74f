// Range (float32, float64, int16, int32, int64): start, start + delta, … up to limit. ONNX Range-11.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "ops/elements.h"
#include "ops/operands.h"

namespace octavo {

namespace {

// How many numbers there are before the limit; what no tensor holds, where they are too many.
int64_t count_of(double start, double limit, double delta) {
  require(delta != 0, ErrorCode::invalid_graph, "delta is 0");
  const double count = std::ceil((limit - start) / delta);
  require(count == count, ErrorCode::invalid_graph, "start, limit or delta is not a number");
  return static_cast<int64_t>(std::clamp<double>(count, 0, kMaxTensorBytes));
}

int64_t count_of(int64_t start, int64_t limit, int64_t delta) {
  require(delta != 0, ErrorCode::invalid_graph, "delta is 0");
  if (delta > 0 ? start >= limit : start <= limit) return 0;
  const auto from = static_cast<uint64_t>(start), to = static_cast<uint64_t>(limit);
  const uint64_t length = delta > 0 ? to - from : from - to;
  const uint64_t step = delta > 0 ? static_cast<uint64_t>(delta) : -static_cast<uint64_t>(delta);
  return static_cast<int64_t>(std::min<uint64_t>((length - 1) / step + 1, kMaxTensorBytes));
}

// Start, limit and delta.
template <class Middle> struct Numbers {
  Middle of[3];
  explicit Numbers(std::span<const Operand> inputs) {
    for (int i = 0; i < 3; ++i) load_elements(inputs[i].known->view(), 0, 1, &of[i]);
  }
};

void infer(InferContext& ctx) {
  require_dtype(ctx, 0, {DType::f32, DType::f64, DType::s16, DType::s32, DType::s64});
  bool all_known = true;
  for (std::size_t i = 0; i < 3; ++i) {
    require_same_dtype(ctx, 0, i);
    require_elements(ctx, i, 1);
    all_known &= ctx.inputs[i].known != nullptr;
  }
  if (!all_known) return ctx.set(0, ctx.dtype(0), {kDynamic});
  const auto count = [&]<class Middle>(const Numbers<Middle>& n) {
    return count_of(n.of[0], n.of[1], n.of[2]);
  };
  ctx.set(
      0, ctx.dtype(0),
      {is_float(ctx.dtype(0)) ? count(Numbers<double>(ctx.inputs)) : count(Numbers<int64_t>(ctx.inputs))});
}

template <class Middle> void write(const TensorView& start, const TensorView& delta, const TensorView& y) {
  Middle first, step, chunk[kChunk];
  load_elements(start, 0, 1, &first);
  load_elements(delta, 0, 1, &step);
  const int64_t count = y.shape.elements();
  for (int64_t i = 0; i < count; i += kChunk) {
    const int64_t n = std::min(kChunk, count - i);
    for (int64_t j = 0; j < n; ++j) {
      if constexpr (std::is_integral_v<Middle>)  // a product may wrap around, the sum comes back
        chunk[j] = static_cast<Middle>(static_cast<uint64_t>(first) + static_cast<uint64_t>(i + j) * step);
      else
        chunk[j] = first + static_cast<Middle>(i + j) * step;
    }
    store_elements(chunk, y, i, n);
  }
}

void run(RunContext& ctx) {
  const auto& write_as = is_float(ctx.outputs[0].dtype) ? write<double> : write<int64_t>;
  write_as(ctx.inputs[0], ctx.inputs[2], ctx.outputs[0]);
}

OCTAVO_OPERATOR(range, {.name = "Range",
                        .since = 11,
                        .min_inputs = 3,
                        .max_inputs = 3,
                        .infer = infer,
                        .run = run,
                        .shape_operands = 1 << 0 | 1 << 1 | 1 << 2});

}  // namespace

}  // namespace octavo
