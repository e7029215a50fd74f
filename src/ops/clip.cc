// Clip: min(max(x, low), high), with either bound optional. ONNX Clip-11 … Clip-13.
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "kernels/eltwise/unary.h"
#include "ops/lookup.h"
#include "ops/operands.h"
#include "ops/parallel.h"

namespace octavo {

namespace {

void infer(InferContext& ctx) {
  require_dtype(ctx, 0, {DType::f32, DType::s8, DType::u8, DType::s32, DType::s64});
  for (std::size_t i : {1, 2}) {
    if (!ctx.has(i)) continue;
    require_same_dtype(ctx, 0, i);
    const Shape& bound = ctx.shape(i);
    require(!bound.is_static() || bound.elements() == 1, ErrorCode::invalid_graph, "input ", i,
            " must be one number, but has shape ", bound);
  }
  infer_as_input(ctx);
}

template <class T> void run_typed(RunContext& ctx) {
  using Limits = std::numeric_limits<T>;
  const T lowest = Limits::has_infinity ? -Limits::infinity() : Limits::lowest();
  const T highest = Limits::has_infinity ? Limits::infinity() : Limits::max();
  const T lo = ctx.has(1) ? *ctx.inputs[1].as<T>() : lowest,
          hi = ctx.has(2) ? *ctx.inputs[2].as<T>() : highest;
  const T* const x = ctx.inputs[0].as<T>();
  T* const y = ctx.outputs[0].as<T>();
  parallel_elements(ctx.kernels, ctx.inputs[0].shape.elements(), 1, [&](int64_t begin, int64_t end) {
    kernels::clip<T>(x + begin, y + begin, end - begin, lo, hi);
  });
}

void run(RunContext& ctx) {
  switch (ctx.inputs[0].dtype) {
    case DType::s8: return run_typed<int8_t>(ctx);
    case DType::u8: return run_typed<uint8_t>(ctx);
    case DType::s32: return run_typed<int32_t>(ctx);
    case DType::s64: return run_typed<int64_t>(ctx);
    default: return run_typed<float>(ctx);
  }
}

std::string obstacle(const Graph& graph, const Node& node) {
  for (std::size_t i : {1, 2})
    if (node.has_input(i) && graph.constant_input(node, i) == nullptr) return "its bounds are not constant";
  return "";
}

float function(const Graph& graph, const Node& node, float x) {
  require(obstacle(graph, node).empty(), ErrorCode::unsupported,
          "the bounds of a Clip table must be constant");
  const Tensor* low = graph.constant_input(node, 1);
  const Tensor* high = graph.constant_input(node, 2);
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  kernels::clip<float>(&x, &x, 1, low ? low->span<float>()[0] : -kInfinity,
                       high ? high->span<float>()[0] : kInfinity);
  return x;
}

std::optional<Clamp> clamp(const Graph& graph, const Node& node) {
  Clamp range;
  float* bounds[] = {&range.low, &range.high};
  for (std::size_t i : {1, 2}) {
    if (!node.has_input(i)) continue;
    const Tensor* bound = graph.constant_input(node, i);
    if (bound == nullptr || bound->dtype() != DType::f32) return std::nullopt;
    *bounds[i - 1] = bound->span<float>()[0];
  }
  if (std::isnan(range.low) || std::isnan(range.high)) return std::nullopt;
  range.low = std::min(range.low, range.high);  // min(max(x, low), high) is high where the two are swapped
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
