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

using Supported = Types<float, int8_t, uint8_t, int32_t, int64_t>;

void infer(InferContext& ctx) {
  require_dtype(ctx, 0, Supported{});
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
  visit(Supported{}, ctx.inputs[0].dtype, [&]<class T>(T) { run_typed<T>(ctx); });
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
  kernels::clip<float>(&x, &x, 1, range->low, range->high);
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
