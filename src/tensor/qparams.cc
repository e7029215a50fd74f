#include "tensor/qparams.h"

#include <limits>

namespace octavo {

IntegerRange storage_range(DType dtype) {
  IntegerRange range{0, 255};
  visit(QuantizedTypes{}, dtype,
        [&]<class T>(T) { range = {std::numeric_limits<T>::min(), std::numeric_limits<T>::max()}; });
  return range;
}

}  // namespace octavo
