#include "tensor/dtype.h"

namespace octavo {

std::string_view dtype_name(DType dtype) {
  switch (dtype) {
    case DType::f32: return "float32";
    case DType::f64: return "float64";
    case DType::s8: return "int8";
    case DType::u8: return "uint8";
    case DType::s16: return "int16";
    case DType::u16: return "uint16";
    case DType::s32: return "int32";
    case DType::u32: return "uint32";
    case DType::s64: return "int64";
    case DType::u64: return "uint64";
    case DType::boolean: return "bool";
  }
  return "?";
}

}  // namespace octavo
