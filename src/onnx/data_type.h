// TensorProto.DataType, the numbers by which ONNX files call element types.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "tensor/dtype.h"

namespace octavo::onnx {

inline constexpr int64_t kFloat16 = 10;
// Integers of 4 bits, which are integers of 8 as soon as they are read.
inline constexpr int64_t kUint4 = 21, kInt4 = 22;
bool is_nibble(int64_t data_type);

// Floats of 16 bits, which are float32 as soon as they are read.
bool is_half(std::optional<DType> dtype);
// `halves` are of such a type, as many as the floats.
void widen(DType dtype, const std::byte* halves, std::span<float> floats);

// Throws Error(unsupported), naming the type and `what` has it, for a type that Octavo does not compute with, and
// Error(invalid_model) for a number that is no type at all.
DType dtype_of_data_type(int64_t data_type, std::string_view what);

int32_t data_type_of(DType dtype);

// The type that is computed with in place of the type of a file, which an attribute may name: float32 for the floats of
// 16 bits, integers of 8 bits for those of 4.
int64_t computed_type(int64_t data_type);

}  // namespace octavo::onnx
