// Functions of one quantized element as tables of 256 entries.
#pragma once

#include <cmath>
#include <cstdint>

#include "graph/quant_rule.h"
#include "kernels/lut/lut.h"
#include "tensor/qparams.h"
#include "tensor/tensor.h"

namespace octavo {

// The integer form of a function of one element.
inline constexpr IntegerForm kLookupForm[] = {{DType::u8, DType::s8, DType::u8, "octavo.Lookup"}};

// The integer of `to` for a float, by the law of QuantizeLinear. `to` is per tensor.
inline uint8_t quantize_to_u8(float x, const QParams& to) {
  if (std::isnan(x)) return static_cast<uint8_t>(to.zero_point[0]);
  const float q = std::nearbyint(x / to.scale[0]) + static_cast<float>(to.zero_point[0]);
  const auto lo = static_cast<float>(to.qmin), hi = static_cast<float>(to.qmax);
  return static_cast<uint8_t>(q < lo ? lo : hi < q ? hi : q);
}

// table[q] = quantize(f(dequantize(q, in)), out): u8 [256], for the second input of octavo.Lookup. `f` takes and
// returns a float; both qparams are per tensor.
template <class Function> Tensor make_table(const QParams& in, const QParams& out, Function&& f) {
  Tensor table(DType::u8, {kernels::kTableSize});
  for (int q = 0; q < kernels::kTableSize; ++q)
    table.span<uint8_t>()[q] = quantize_to_u8(f(static_cast<float>(q - in.zero_point[0]) * in.scale[0]), out);
  return table;
}

}  // namespace octavo
