// What PyTorch's ways of quantizing are as options of Octavo's.
#pragma once

#include "engine/engine.h"

namespace octavo::test {

// quantize_dynamic(model, {LSTM, GRU, …, Linear}, qint8) of PyTorch with the engine fbgemm.
inline DynamicOptions pytorch_options() {
  DynamicOptions options;
  options.per_channel = false;
  options.reduce_range = true;
  options.granularity = Granularity::tensor;
  options.weight_range = WeightRange::full;
  return options;
}

}  // namespace octavo::test
