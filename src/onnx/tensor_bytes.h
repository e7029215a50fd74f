// How large the tensors of a file are, by what they are.
#pragma once

#include <cstdint>
#include <iterator>
#include <string_view>

namespace octavo::onnx {

// 16-bit floats of both kinds are float16, integers of 8 and of 4 bits have a sign or none. Biases of integer products
// are int32. Scales and zero points are those of Q, DQ and MatMulNBits, whatever their type.
inline constexpr std::string_view kTensorKinds[] = {"float32", "float16", "int8", "int4",
                                                    "int32",   "scales",  "other"};

struct TensorBytes {
  uint64_t by_kind[std::size(kTensorKinds)] = {};

  // A tensor of that TensorProto.DataType, which Octavo knows.
  void add(int64_t data_type, bool is_qparam, int64_t elements);
};

}  // namespace octavo::onnx
