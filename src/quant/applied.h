// What quantization did to come closer to float, beside choosing ranges.
#pragma once

#include <optional>
#include <string_view>

namespace octavo {

struct Applied {
  std::string_view method;  // "gptq", "biasCorrection", "smoothQuant", "equalization"
  int layers = 0;           // to which it was applied
  int unchanged = 0;        // which it did not make better on the calibration data
  // By how much nearer the products of those layers are to float on the calibration data, a mean over the layers, in
  // dB; where that was measured.
  std::optional<double> gain_db;

  bool says_something() const { return layers + unchanged > 0; }
};

}  // namespace octavo
