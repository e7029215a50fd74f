#include "ops/int8_weights.h"

#include <algorithm>
#include <limits>

#include "base/error.h"

namespace octavo {

const Tensor& int8_weights(const PrepareContext& ctx, int64_t depth) {
  const Value& value = ctx.input(1);
  require(value.is_constant() && value.dtype == DType::s8 && value.qparams, ErrorCode::invalid_graph,
          "weights '", value.name, "' are not an int8 constant with scales");
  const auto& zero_points = value.qparams->zero_point;
  require(std::ranges::all_of(zero_points, [](int32_t z) { return z == 0; }), ErrorCode::invalid_graph,
          "weights '", value.name, "' are not symmetric");
  require(depth <= kernels::max_reduction, ErrorCode::unsupported, "a sum of ", depth,
          " products may overflow its int32 accumulator; the limit is ", kernels::max_reduction);
  return *value.constant;
}

std::vector<float> channel_scales(const Value& weights, int axis, int64_t channels) {
  const QParams& q = *weights.qparams;
  const auto count = static_cast<std::size_t>(channels);
  if (q.scale.size() == 1) return std::vector<float>(count, q.scale[0]);
  require(q.axis == axis && q.scale.size() == count, ErrorCode::invalid_graph, "weights '", weights.name,
          "' have ", q.scale.size(), " scales along axis ", q.axis, " for ", channels,
          " output channels along axis ", axis);
  return q.scale;
}

Requantization make_requantization(const PrepareContext& ctx, const std::vector<float>& w_scale,
                                   int64_t depth, const int32_t* column_sum) {
  const ActivationParams in = activation_params(ctx.input(0));
  Requantization r;
  r.out = output_params(ctx);
  const int channels = static_cast<int>(w_scale.size());
  for (const float scale : w_scale) {
    r.multiplier.push_back(static_cast<float>(double(in.scale) * scale / r.out.scale));
    check_multiplier(r.multiplier.back());
  }
  r.bias.resize(w_scale.size());
  if (ctx.has(2)) {
    const Tensor* const bias = ctx.constant(2);
    require(bias && bias->dtype() == DType::s32 && bias->shape().elements() == channels,
            ErrorCode::invalid_graph, "the bias is not an int32 constant of ", channels, " values");
    const auto limit = static_cast<int32_t>(std::numeric_limits<int32_t>::max() - 255 * 128 * depth);
    std::ranges::transform(bias->span<int32_t>(), r.bias.begin(),
                           [&](int32_t b) { return std::clamp(b, -limit, limit); });
  }
  kernels::fold_zero_point(r.bias.data(), column_sum, in.zero_point, channels, r.bias.data());
  return r;
}

}  // namespace octavo
