// Short rows as long ones: where one operand is the same for each row (channels of an image times one factor each), a
// pattern of its copies lets many rows be computed as one.
#pragma once

#include "kernels/strided.h"

namespace octavo::kernels {

/// Computes n neighbouring outputs; an operand whose step is 0 has one element, which serves for all of them.
using JoinedRow = void(const void* context, const StridedBox<3>::Pointers&, int64_t n,
                       const StridedBox<3>::Steps& steps);

/// As box.for_each_row for two operands and an output, with short rows joined where that is possible.
void for_each_joined_row(const StridedBox<3>& box, StridedBox<3>::Pointers pointers, JoinedRow* row,
                         const void* context);

/// The same for a function object.
template <class Row>
inline void for_each_joined_row(const StridedBox<3>& box, const StridedBox<3>::Pointers& pointers,
                                const Row& row) {
  for_each_joined_row(
      box, pointers,
      [](const void* context, const StridedBox<3>::Pointers& at, int64_t n,
         const StridedBox<3>::Steps& steps) { (*static_cast<const Row*>(context))(at, n, steps); },
      &row);
}

}  // namespace octavo::kernels
