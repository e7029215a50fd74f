// Floats that become 8 bits at run time, by their own range.
#pragma once

#include "base/kernel_policy.h"
#include "kernels/quantize/quantize.h"
#include "tensor/qparams.h"

namespace octavo {

// Rows of `length` floats, `stride` apart.
struct FloatRows {
  const float* data;
  int64_t rows, length, stride;
};

// The integers of all rows, one behind the other, and the parameters that all of them have together, as ONNX's
// DynamicQuantizeLinear chooses them. Both the range and the integers are divided among threads.
kernels::QuantizeParams quantize_by_range(const KernelPolicy& policy, FloatRows x, IntegerRange integers,
                                          uint8_t* out);

}  // namespace octavo
