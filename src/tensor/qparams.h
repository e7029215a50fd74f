// What the integers of a quantized tensor mean.
#pragma once

#include <cstdint>
#include <vector>

namespace octavo {

// x = (q - zero_point) * scale with qmin <= q <= qmax. One scale and zero_point for the whole tensor, or one for
// each index along `axis`. The integer range may be narrower than the storage type: u7 is 0..127 in a u8.
struct QParams {
  std::vector<float> scale;
  std::vector<int32_t> zero_point;
  int axis = -1;  // -1: per tensor
  int32_t qmin = 0;
  int32_t qmax = 255;

  bool per_tensor() const { return axis < 0; }
  bool operator==(const QParams&) const = default;
};

}  // namespace octavo
