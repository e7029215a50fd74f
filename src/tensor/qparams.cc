#include "tensor/qparams.h"

#include <limits>

namespace octavo {

namespace {

template <class T> constexpr IntegerRange range_of() {
  return {std::numeric_limits<T>::min(), std::numeric_limits<T>::max()};
}

}  // namespace

IntegerRange storage_range(DType dtype) {
  switch (dtype) {
    case DType::s8: return range_of<int8_t>();
    case DType::u16: return range_of<uint16_t>();
    case DType::s16: return range_of<int16_t>();
    case DType::s32: return range_of<int32_t>();
    default: return range_of<uint8_t>();
  }
}

}  // namespace octavo
