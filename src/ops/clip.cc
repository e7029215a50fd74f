// Clip (all numeric types): min(max(x, low), high), with either bound optional. ONNX Clip-11 … Clip-13.
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "kernels/eltwise/unary.h"
#include "ops/elements.h"
#include "ops/lookup.h"
#include "ops/operands.h"
#include "ops/parallel.h"

namespace octavo {

namespace {

void infer(InferContext& ctx) {
  require_kind(ctx, 0, kNumber);
  for (std::size_t i : {1, 2}) {
    if (!ctx.has(i)) continue;
    require_same_dtype(ctx, 0, i);
    const Shape& bound = ctx.shape(i);
    require(!bound.is_static() || bound.elements() == 1, ErrorCode::invalid_graph,
            "input {} must be one number, but has shape {}", i, bound);
  }
  infer_as_input(ctx);
}

template <class Middle> void clip_elements(RunContext& ctx) {
  const TensorView &x = ctx.inputs[0], &y = ctx.outputs[0];
  const bool has_lo = ctx.has(1), has_hi = ctx.has(2), is_u64 = x.dtype == DType::u64;
  Middle lo = 0, hi = 0;
  if (has_lo) load_elements(ctx.inputs[1], 0, 1, &lo);
  if (has_hi) load_elements(ctx.inputs[2], 0, 1, &hi);
  parallel_elements(ctx.kernels, x.shape.elements(), 4, [&](int64_t begin, int64_t end) {
    map_elements<Middle>(x, y, begin, end, [&](Middle* numbers, int64_t n) {
      for (int64_t i = 0; i < n; ++i) {
        if (has_lo && is_less(numbers[i], lo, is_u64)) numbers[i] = lo;
        if (has_hi && is_less(hi, numbers[i], is_u64)) numbers[i] = hi;
      }
    });
  });
}

void run(RunContext& ctx) {
  const TensorView &x = ctx.inputs[0], &y = ctx.outputs[0];
  if (x.dtype == DType::f64) return clip_elements<double>(ctx);
  if (x.dtype != DType::f32) return clip_elements<int64_t>(ctx);
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const float lo = ctx.has(1) ? *ctx.inputs[1].as<float>() : -kInfinity,
              hi = ctx.has(2) ? *ctx.inputs[2].as<float>() : kInfinity;
  parallel_elements(ctx.kernels, x.shape.elements(), 1, [&](int64_t begin, int64_t end) {
    kernels::clip(x.as<float>() + begin, y.as<float>() + begin, end - begin, lo, hi);
  });
}

std::string obstacle(const Graph& graph, const Node& node) {
  for (std::size_t i : {1, 2})
    if (node.has_input(i) && graph.constant_input(node, i) == nullptr) return "its bounds are not constant";
  return "";
}

// The bounds of a node whose bounds are float32 constants.
std::optional<Clamp> bounds(const Graph& graph, const Node& node) {
  Clamp range;
  for (std::size_t i : {1, 2}) {
    if (!node.has_input(i)) continue;
    const Tensor* bound = graph.constant_input(node, i);
    if (bound == nullptr || bound->dtype() != DType::f32) return std::nullopt;
    (i == 1 ? range.low : range.high) = bound->span<float>()[0];
  }
  return range;
}

float function(const Graph& graph, const Node& node, float x) {
  const auto range = bounds(graph, node);
  require(range.has_value(), ErrorCode::unsupported, "the bounds of a Clip table must be constant");
  kernels::clip(&x, &x, 1, range->low, range->high);
  return x;
}

std::optional<Clamp> clamp(const Graph& graph, const Node& node) {
  auto range = bounds(graph, node);
  if (!range || std::isnan(range->low) || std::isnan(range->high)) return std::nullopt;
  range->low = std::min(range->low, range->high);  // min(max(x, low), high) is high where the two are swapped
  return range;
}

OCTAVO_OPERATOR(clip, {.name = "Clip",
                       .max_inputs = 3,
                       .infer = infer,
                       .run = run,
                       .layout = LayoutRule::elementwise,
                       .quant = {.inputs = kFirstIsActivation,
                                 .result = ResultRole::activation,
                                 .forms = kLookupForm,
                                 .obstacle = obstacle,
                                 .function = function,
                                 .clamp = clamp}});

}  // namespace

}  // namespace octavo
