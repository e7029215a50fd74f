// What the quantizers can be asked for.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "quant/choose_qparams.h"
#include "quant/observer.h"

namespace octavo {

// Common to the dynamic and the static quantizer.
struct QuantizeOptions {
  std::vector<std::string> op_types;  // operators to quantize; empty: the quantizer's default
  std::vector<std::string> exclude;   // names of nodes that stay float
  std::vector<std::string> only;      // names of nodes; not empty: all others stay float
  bool per_channel = true;            // weights: a scale for each output channel
  bool reduce_range = false;          // activations in 0..127 (u7) and not in 0..255 (u8)
  WeightRange weight_range = WeightRange::narrow;
  int weight_bits = 8;      // 2 to 8
  int activation_bits = 8;  // 2 to 8: of static quantization; what the network is given keeps 8

  int32_t activation_qmax(int bits) const { return (1 << (reduce_range ? std::min(bits, 7) : bits)) - 1; }
  int32_t activation_qmax() const { return activation_qmax(activation_bits); }
};

struct DynamicOptions : QuantizeOptions {
  Granularity granularity = Granularity::row;
};

// What SmoothQuant's authors take for α.
inline constexpr double kUsualSmoothing = 0.5;

struct StaticOptions : QuantizeOptions {
  ObserverOptions observer;
  Rounding rounding = Rounding::gptq;
  bool bias_correction = true;
  double smoothing = 0;   // SmoothQuant's exponent α, up to 1; 0: none
  bool equalize = false;  // across layers
};

// Of weights alone.
struct WeightsOptions : QuantizeOptions {
  int64_t block = 0;  // weights along the reduction that share a scale; 0: all of an output channel
  bool symmetric = true;
  bool ranges_activations = false;  // by row, while running, as dynamic quantization does
  Rounding rounding = Rounding::nearest;
};

}  // namespace octavo
