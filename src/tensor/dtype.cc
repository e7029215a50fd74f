#include "tensor/dtype.h"

namespace octavo {

std::optional<DType> dtype_of_onnx(int64_t data_type) {
  for (const DTypeInfo& info : kDTypes)
    if (info.onnx == data_type) return info.dtype;
  return std::nullopt;
}

}  // namespace octavo
