// 16-bit floats as they are stored. Nothing computes with them: they are float32 between an input and an output.
#pragma once

#include <bit>
#include <cstdint>

namespace octavo {

// IEEE 754 binary16.
struct Float16 {
  uint16_t bits = 0;

  Float16() = default;
  // To the nearest, ties to even; what is too large becomes infinite.
  explicit Float16(float value);
  // Exact.
  explicit operator float() const;
  explicit Float16(double value) : Float16(static_cast<float>(value)) {}
  explicit operator double() const { return static_cast<double>(static_cast<float>(*this)); }
};

// The upper half of a float32.
struct BFloat16 {
  uint16_t bits = 0;

  BFloat16() = default;
  // To the nearest, ties to even.
  explicit BFloat16(float value);
  explicit operator float() const { return std::bit_cast<float>(uint32_t{bits} << 16); }
  explicit BFloat16(double value) : BFloat16(static_cast<float>(value)) {}
  explicit operator double() const { return static_cast<double>(static_cast<float>(*this)); }
};

}  // namespace octavo
