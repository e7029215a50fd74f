#include "tensor/half.h"

namespace octavo {

namespace {

constexpr uint32_t kInfinity = 0x7F800000u;

}  // namespace

// Subnormals are scaled by the float unit, which is exact.
Float16::operator float() const {
  const uint32_t sign = (bits & 0x8000u) << 16, magnitude = bits & 0x7FFFu;
  if (magnitude < 0x0400) return std::bit_cast<float>(sign | std::bit_cast<uint32_t>(magnitude * 0x1p-24f));
  const uint32_t rebias = magnitude >= 0x7C00 ? kInfinity - (0x7C00u << 13) : (127u - 15u) << 23;
  return std::bit_cast<float>(sign | ((magnitude << 13) + rebias));
}

// The float unit rounds: adding 2^13 ulps of the result's exponent, and a subnormal's fixed one, leaves its bits.
Float16::Float16(float value) {
  const uint32_t all = std::bit_cast<uint32_t>(value), magnitude = all & 0x7FFFFFFFu;
  const auto sign = static_cast<uint16_t>(all >> 16 & 0x8000u);
  if (magnitude > kInfinity) {
    bits = sign | 0x7E00u;
  } else if (magnitude >= 0x477FF000u) {  // 65520 and more round to infinity
    bits = sign | 0x7C00u;
  } else if (magnitude < 0x38800000u) {                            // below 2^-14
    const float shifted = std::bit_cast<float>(magnitude) + 0.5f;  // whose ulp is 2^-24
    bits = sign | static_cast<uint16_t>(std::bit_cast<uint32_t>(shifted) - std::bit_cast<uint32_t>(0.5f));
  } else {
    const uint32_t rounded = magnitude + 0xFFFu + (magnitude >> 13 & 1u) - ((127u - 15u) << 23);
    bits = sign | static_cast<uint16_t>(rounded >> 13);
  }
}

BFloat16::BFloat16(float value) {
  const uint32_t all = std::bit_cast<uint32_t>(value);
  const bool is_nan = (all & 0x7FFFFFFFu) > kInfinity;
  bits = static_cast<uint16_t>(is_nan ? all >> 16 | 0x0040u : (all + 0x7FFFu + (all >> 16 & 1u)) >> 16);
}

}  // namespace octavo
