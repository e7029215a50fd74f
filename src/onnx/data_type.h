// TensorProto.DataType, the numbers by which ONNX files call element types.
#pragma once

#include <cstdint>
#include <string_view>

#include "tensor/dtype.h"

namespace octavo::onnx {

inline constexpr int64_t kFloat16 = 10, kBfloat16 = 16;

// Throws Error(unsupported), naming the type and `what` has it, for a type that Octavo does not compute with, and
// Error(invalid_model) for a number that is no type at all.
DType dtype_of_data_type(int64_t data_type, std::string_view what);

int32_t data_type_of(DType dtype);

}  // namespace octavo::onnx
