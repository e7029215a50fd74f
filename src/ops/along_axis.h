// A tensor seen along one axis: `outer` blocks of `size` rows of `inner` elements.
#pragma once

#include "tensor/shape.h"

namespace octavo {

struct AlongAxis {
  int64_t outer, size, inner;

  AlongAxis(const Shape& shape, int axis)
      : outer(shape.elements(0, axis)), size(shape[axis]), inner(shape.elements(axis + 1, shape.rank())) {}
};

}  // namespace octavo
