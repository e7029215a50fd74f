#include "ops/int8_weights.h"

#include <algorithm>

#include "base/error.h"
#include "kernels/quantize/quantize.h"
#include "ops/conv_layer.h"
#include "ops/parallel.h"

namespace octavo {

void require_u8_and_s8(const InferContext& ctx) {
  require(ctx.dtype(0) == DType::u8 && ctx.dtype(1) == DType::s8, ErrorCode::unsupported,
          "{} takes uint8 and weights of int8, not {} and {}", ctx.node.op->name, dtype_name(ctx.dtype(0)),
          dtype_name(ctx.dtype(1)));
}

const Tensor& int8_weights(const PrepareContext& ctx, int64_t depth, std::size_t input) {
  const Value& value = ctx.input(input);
  const QParams q = ctx.input_qparams(input);
  require(value.is_constant() && value.dtype == DType::s8 && !q.scale.empty(), ErrorCode::invalid_graph,
          "weights '{}' are not an int8 constant with scales", value.name);
  require(depth <= kernels::max_reduction, ErrorCode::unsupported,
          "a sum of {} products may overflow its int32 accumulator; the limit is {}", depth,
          kernels::max_reduction);
  return *value.constant;
}

std::vector<float> channel_scales(const PrepareContext& ctx, int axis, int64_t channels) {
  QParams q = ctx.input_qparams(1);
  const auto count = static_cast<std::size_t>(channels);
  if (q.scale.size() == 1) return std::vector<float>(count, q.scale[0]);
  require(q.axis == axis && q.scale.size() == count, ErrorCode::invalid_graph,
          "weights '{}' have {} scales along axis {} for {} output channels along axis {}", ctx.input(1).name,
          q.scale.size(), q.axis, channels, axis);
  return q.scale;
}

std::vector<int32_t> channel_zero_points(const PrepareContext& ctx, int64_t channels) {
  std::vector<int32_t> z = ctx.input_qparams(1).zero_point;
  if (std::ranges::all_of(z, [](int32_t i) { return i == 0; })) return {};
  const auto count = static_cast<std::size_t>(channels);
  require(std::ranges::all_of(z, [](int32_t i) { return -128 <= i && i <= 127; }) &&
              (z.size() == 1 || z.size() == count),
          ErrorCode::invalid_graph, "weights '{}' have zero points that are none of int8", ctx.input(1).name);
  return z.size() == 1 ? std::vector<int32_t>(count, z[0]) : z;
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
            ErrorCode::invalid_graph, "the bias is not an int32 constant of {} values", channels);
    const int32_t limit = kernels::max_bias(depth);
    std::ranges::copy(bias->span<int32_t>(), r.bias.begin());
    require(std::ranges::all_of(r.bias, [=](int32_t b) { return -limit <= b && b <= limit; }),
            ErrorCode::unsupported, "the bias may overflow a sum of {} products; its limit is {}", depth,
            limit);
  }
  kernels::fold_zero_point(r.bias.data(), column_sum, in.zero_point, channels, r.bias.data());
  return r;
}

uint64_t CentredProducts::workspace(int64_t rows, int64_t channels) const {
  return zero_points.empty() ? 0 : scratch_bytes<float>(static_cast<uint64_t>(rows * channels));
}

void CentredProducts::round_steps(const KernelPolicy& policy, const ActivationParams& out, const float* steps,
                                  int64_t count, uint8_t* y) {
  const kernels::QuantizeParams params{1, out.zero_point, out.qmin, out.qmax};
  parallel_elements(policy, count, 1, [&](int64_t begin, int64_t end) {
    kernels::quantize(steps + begin, end - begin, params, y + begin);
  });
}

void row_sums(const KernelPolicy& policy, const uint8_t* x, int64_t rows, int64_t depth,
              const int32_t* zero_point, int stride, int32_t* out) {
  parallel_elements(policy, rows, depth, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      int32_t sum = 0;
      for (int64_t k = 0; k < depth; ++k) sum += x[row * depth + k];
      out[row] = sum - static_cast<int32_t>(depth) * zero_point[row * stride];
    }
  });
}

uint64_t window_sums_bytes(const kernels::ConvGeometry& g) {
  return scratch_bytes<int32_t>(pixel_count(g)) +
         scratch_bytes<int32_t>(static_cast<uint64_t>(g.positions()));
}

const int32_t* window_sums(const KernelPolicy& policy, const kernels::ConvGeometry& g, const uint8_t* x,
                           int32_t zero_point, Scratch& scratch) {
  int32_t* const pixels = scratch.take<int32_t>(pixel_count(g));
  int32_t* const out = scratch.take<int32_t>(static_cast<uint64_t>(g.positions()));
  row_sums(policy, x, static_cast<int64_t>(pixel_count(g)), g.c, &zero_point, 0, pixels);
  const auto window = [&](int64_t position) {
    const auto ox = static_cast<int>(position % g.ow), oy = static_cast<int>(position / g.ow % g.oh);
    const int64_t image = position / (int64_t{g.ow} * g.oh), oz = image % g.od, n = image / g.od;
    int32_t sum = 0;
    for (int kz = 0; kz < g.kd; ++kz) {
      const int64_t z = oz * g.stride_d + kz * g.dilation_d - g.pad_front;
      for (int ky = 0; ky < g.kh && z >= 0 && z < g.d; ++ky) {
        const int y = oy * g.stride_h + ky * g.dilation_h - g.pad_top;
        for (int kx = 0; kx < g.kw && y >= 0 && y < g.h; ++kx) {
          const int at = ox * g.stride_w + kx * g.dilation_w - g.pad_left;
          if (at >= 0 && at < g.w) sum += pixels[((n * g.d + z) * g.h + y) * g.w + at];
        }
      }
    }
    return sum;
  };
  parallel_elements(policy, g.positions(), int64_t{g.kd} * g.kh * g.kw, [&](int64_t begin, int64_t end) {
    for (int64_t position = begin; position < end; ++position) out[position] = window(position);
  });
  return out;
}

}  // namespace octavo
