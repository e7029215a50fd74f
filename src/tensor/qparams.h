// What the integers of a quantized tensor mean.
#pragma once

#include <cstdint>
#include <vector>

#include "tensor/dtype.h"

namespace octavo {

// The integers that a quantized tensor may hold.
struct IntegerRange {
  int32_t qmin, qmax;
  bool operator==(const IntegerRange&) const = default;
};

// All integers of an 8- or 16-bit type or of s32.
IntegerRange storage_range(DType dtype);

// What shares one scale when a tensor is ranged at run time: a row is an index of all axes but the last.
enum class Granularity : uint8_t { tensor, row };

// x = (q - zero_point) * scale with qmin <= q <= qmax. The integer range may be narrower than the storage type: u7 is
// 0..127 in a u8. Scales and zero points are
//
// * per tensor, one: axis is -1;
// * per channel, one for each index along `axis`;
// * blocked, where `block` is not 0: one for each `block` neighbours along `axis` and each index of every other axis,
//   in the order of a row-major tensor of that shape.
struct QParams {
  std::vector<float> scale;
  std::vector<int32_t> zero_point;
  int axis = -1;
  int64_t block = 0;
  int32_t qmin = 0;
  int32_t qmax = 255;

  bool per_tensor() const { return axis < 0; }
  bool blocked() const { return block > 0; }
  // Whether the integers of both stand for the same numbers.
  bool same_meaning(const QParams& other) const {
    return scale == other.scale && zero_point == other.zero_point && axis == other.axis &&
           block == other.block;
  }
  bool operator==(const QParams&) const = default;
};

}  // namespace octavo
