#include "ops/indices.h"

#include "base/error.h"
#include "ops/operands.h"

namespace octavo {

int64_t checked_index(int64_t index, const Shape& shape, int axis) {
  const int64_t dim = shape[axis];
  require(index >= -dim && index < dim, ErrorCode::invalid_input, "index {} is outside axis {} of shape {}",
          index, axis, shape);
  return index < 0 ? index + dim : index;
}

int64_t index_at(const TensorView& indices, int64_t i, const Shape& shape, int axis) {
  return checked_index(int_at(indices, i), shape, axis);
}

}  // namespace octavo
