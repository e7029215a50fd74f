#include "onnx/data_type.h"

#include <iterator>
#include <optional>

#include "base/error.h"

namespace octavo::onnx {

namespace {

struct DataType {
  std::string_view name;
  std::optional<DType> dtype;
};

// Indexed by TensorProto.DataType.
constexpr DataType kDataTypes[] = {
    {"undefined", {}},      {"float32", DType::f32},
    {"uint8", DType::u8},   {"int8", DType::s8},
    {"uint16", DType::u16}, {"int16", DType::s16},
    {"int32", DType::s32},  {"int64", DType::s64},
    {"string", {}},         {"bool", DType::boolean},
    {"float16", {}},        {"float64", DType::f64},
    {"uint32", DType::u32}, {"uint64", DType::u64},
    {"complex64", {}},      {"complex128", {}},
    {"bfloat16", {}},       {"float8e4m3fn", {}},
    {"float8e4m3fnuz", {}}, {"float8e5m2", {}},
    {"float8e5m2fnuz", {}}, {"uint4", {}},
    {"int4", {}},           {"float4e2m1", {}},
};

}  // namespace

DType dtype_of_data_type(int64_t data_type, std::string_view what) {
  require(data_type > 0 && data_type < std::ssize(kDataTypes), ErrorCode::invalid_model, what,
          " has the unknown data type ", data_type);
  const DataType& type = kDataTypes[data_type];
  require(type.dtype.has_value(), ErrorCode::unsupported, what, " has data type ", type.name,
          ", which is not supported");
  return *type.dtype;
}

int32_t data_type_of(DType dtype) {
  int32_t data_type = 0;
  while (kDataTypes[data_type].dtype != dtype) ++data_type;
  return data_type;
}

}  // namespace octavo::onnx
