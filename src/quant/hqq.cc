#include "quant/hqq.h"

#include <algorithm>
#include <cmath>

#include "kernels/eltwise/binary.h"

namespace octavo {

namespace {

constexpr int kIterations = 20;
constexpr double kBeta = 10, kGrowth = 1.01, kNorm = 0.7;
// Below (1 / β)^(1 / (2 - p)), which is at least 0.146, nothing is left of a rest.
constexpr double kSmallestKept = 0.14;

double integer_of(double w, double scale, double zero_point, const QParams& qparams) {
  return std::clamp<double>(std::nearbyint(w / scale + zero_point), qparams.qmin, qparams.qmax);
}

}  // namespace

int32_t choose_zero_point_hqq(std::span<const float> weights, const QParams& qparams) {
  const auto scale = static_cast<double>(qparams.scale[0]),
             first = static_cast<double>(qparams.zero_point[0]);
  double zero_point = first, beta = kBeta;
  for (int i = 0; i < kIterations; ++i, beta *= kGrowth) {
    double sum = 0;
    for (const float weight : weights) {
      const auto w = static_cast<double>(weight);
      const double q = integer_of(w, scale, zero_point, qparams), rest = w - (q - zero_point) * scale;
      const double size = std::abs(rest);
      const double kept =
          size > kSmallestKept ? std::max(size - kernels::power(size, kNorm - 1) / beta, 0.0) : 0.0;
      sum += q - (w - std::copysign(kept, rest)) / scale;
    }
    zero_point = sum / static_cast<double>(weights.size());
  }
  zero_point = std::clamp<double>(std::nearbyint(zero_point), qparams.qmin, qparams.qmax);
  const auto error = [&](double z) {
    double sum = 0;
    for (const float weight : weights) {
      const auto w = static_cast<double>(weight);
      sum += kernels::power(std::abs(w - (integer_of(w, scale, z, qparams) - z) * scale), kNorm);
    }
    return sum;
  };
  return static_cast<int32_t>(error(zero_point) < error(first) ? zero_point : first);
}

}  // namespace octavo
