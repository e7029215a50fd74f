#include "ops/activation_params.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace octavo {

namespace {

bool is_one_scale(const QParams& q) {
  return q.per_tensor() && q.scale.size() == 1 && q.zero_point.size() == 1;
}

ActivationParams activation_params(const Value& value, const QParams& q) {
  require(value.dtype == DType::u8 && is_one_scale(q), ErrorCode::invalid_graph,
          "'{}' is not a uint8 tensor with one scale", value.name);
  const ActivationParams params{q.scale[0], q.zero_point[0], q.qmin, q.qmax};
  const bool in_range = 0 <= q.qmin && q.qmin <= q.qmax && q.qmax <= 255 && params.zero_point >= 0 &&
                        params.zero_point <= 255 && params.scale > 0 && std::isfinite(params.scale);
  require(in_range, ErrorCode::invalid_graph, "'{}' has zero_point {}, integers {} to {} and {}", value.name,
          params.zero_point, q.qmin, q.qmax, params.scale > 0 ? "a scale" : "a scale that is not positive");
  return params;
}

}  // namespace

ActivationParams input_params(const PrepareContext& ctx, std::size_t i) {
  return activation_params(ctx.input(i), ctx.input_qparams(i));
}

ActivationParams output_params(const PrepareContext& ctx) {
  return activation_params(ctx.output(0), ctx.node.lowered.output_qparams);
}

float to_multiplier(double ratio) { return static_cast<float>(std::min(ratio, 0x1p96)); }

}  // namespace octavo
