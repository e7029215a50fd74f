#include "onnx/data_type.h"

#include <cstring>

#include "base/error.h"

namespace octavo::onnx {

namespace {

// TensorProto.DataType of what Octavo does not compute with.
constexpr struct {
  int64_t number;
  std::string_view name;
} kOthers[] = {{8, "string"},
               {14, "complex64"},
               {15, "complex128"},
               {17, "float8e4m3fn"},
               {18, "float8e4m3fnuz"},
               {19, "float8e5m2"},
               {20, "float8e5m2fnuz"},
               {23, "float4e2m1"},
               {24, "float8e8m0"},
               {25, "uint2"},
               {26, "int2"}};

}  // namespace

bool is_nibble(int64_t data_type) { return data_type == kUint4 || data_type == kInt4; }

bool is_half(std::optional<DType> dtype) { return dtype == DType::f16 || dtype == DType::bf16; }

void widen(DType dtype, const std::byte* halves, std::span<float> floats) {
  visit(Types<Float16, BFloat16>{}, dtype, [&]<class T>(T half) {
    // In a file they need not be aligned.
    for (float& x : floats) {
      std::memcpy(&half, halves, sizeof(T));
      halves += sizeof(T);
      x = static_cast<float>(half);
    }
  });
}

DType dtype_of_data_type(int64_t data_type, std::string_view what) {
  if (is_nibble(data_type)) return data_type == kInt4 ? DType::s8 : DType::u8;
  if (const auto dtype = dtype_of_onnx(data_type)) return *dtype;
  for (const auto& [number, name] : kOthers)
    if (number == data_type)
      fail(ErrorCode::unsupported, "{} has data type {}, which is not supported", what, name);
  fail(ErrorCode::invalid_model, "{} has the unknown data type {}", what, data_type);
}

int32_t data_type_of(DType dtype) { return info_of(dtype).onnx; }

int64_t computed_type(int64_t data_type) {
  if (is_nibble(data_type)) return data_type_of(dtype_of_data_type(data_type, ""));
  return is_half(dtype_of_onnx(data_type)) ? data_type_of(DType::f32) : data_type;
}

}  // namespace octavo::onnx
