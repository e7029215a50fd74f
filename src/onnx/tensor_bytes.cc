#include "onnx/tensor_bytes.h"

#include "onnx/data_type.h"

namespace octavo::onnx {

namespace {

enum Kind : uint8_t { kFloat32, kFloat16, kInt8, kNibbles, kInt32, kScales, kOther };

Kind kind_of(DType dtype) {
  if (is_half(dtype)) return kFloat16;
  switch (dtype) {
    case DType::f32: return kFloat32;
    case DType::s8:
    case DType::u8: return kInt8;
    case DType::s32: return kInt32;
    default: return kOther;
  }
}

}  // namespace

void TensorBytes::add(int64_t data_type, bool is_qparam, int64_t elements) {
  const DType dtype = dtype_of_data_type(data_type, "");
  const bool is_packed = is_nibble(data_type);
  const auto count = static_cast<uint64_t>(elements);
  by_kind[is_qparam   ? kScales
          : is_packed ? kNibbles
                      : kind_of(dtype)] += is_packed ? (count + 1) / 2 : count * size_of(dtype);
}

}  // namespace octavo::onnx
