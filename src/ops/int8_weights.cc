#include "ops/int8_weights.h"

#include <algorithm>

#include "base/error.h"

namespace octavo {

const Tensor& int8_weights(const PrepareContext& ctx, int64_t depth) {
  const Value& value = ctx.input(1);
  const QParams q = ctx.input_qparams(1);
  require(value.is_constant() && value.dtype == DType::s8 && !q.scale.empty(), ErrorCode::invalid_graph,
          "weights '", value.name, "' are not an int8 constant with scales");
  require(std::ranges::all_of(q.zero_point, [](int32_t z) { return z == 0; }), ErrorCode::invalid_graph,
          "weights '", value.name, "' are not symmetric");
  require(depth <= kernels::max_reduction, ErrorCode::unsupported, "a sum of ", depth,
          " products may overflow its int32 accumulator; the limit is ", kernels::max_reduction);
  return *value.constant;
}

std::vector<float> channel_scales(const PrepareContext& ctx, int axis, int64_t channels) {
  QParams q = ctx.input_qparams(1);
  const auto count = static_cast<std::size_t>(channels);
  if (q.scale.size() == 1) return std::vector<float>(count, q.scale[0]);
  require(q.axis == axis && q.scale.size() == count, ErrorCode::invalid_graph, "weights '", ctx.input(1).name,
          "' have ", q.scale.size(), " scales along axis ", q.axis, " for ", channels,
          " output channels along axis ", axis);
  return q.scale;
}

Requantization make_requantization(const PrepareContext& ctx, const std::vector<float>& w_scale,
                                   int64_t depth, const int32_t* column_sum) {
  const ActivationParams in = input_params(ctx, 0);
  Requantization r;
  r.out = output_params(ctx);
  const int channels = static_cast<int>(w_scale.size());
  for (const float scale : w_scale)
    r.multiplier.push_back(to_multiplier(double(in.scale) * scale / r.out.scale));
  r.bias.resize(w_scale.size());
  if (ctx.has(2)) {
    const Tensor* const bias = ctx.constant(2);
    require(bias && bias->dtype() == DType::s32 && bias->shape().elements() == channels,
            ErrorCode::invalid_graph, "the bias is not an int32 constant of ", channels, " values");
    const int32_t limit = kernels::max_bias(depth);
    std::ranges::copy(bias->span<int32_t>(), r.bias.begin());
    require(std::ranges::all_of(r.bias, [=](int32_t b) { return -limit <= b && b <= limit; }),
            ErrorCode::unsupported, "the bias may overflow a sum of ", depth, " products; its limit is ",
            limit);
  }
  kernels::fold_zero_point(r.bias.data(), column_sum, in.zero_point, channels, r.bias.data());
  return r;
}

}  // namespace octavo
