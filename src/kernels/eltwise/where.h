// Selection with broadcasting: out[i] = condition[i] ? x[i] : y[i].
#pragma once

#include <cstddef>

#include "kernels/strided.h"

namespace octavo::kernels {

/// One contiguous run of n outputs, the last pointer. Of condition (bytes), x and y, one whose step is 0 has one
/// element, which serves for all of them.
using WhereRow = void (*)(const StridedBox<4>::Pointers& at, int64_t n, const StridedBox<4>::Steps& steps);

/// The row function for elements of `size` bytes: 1, 2, 4 or 8.
WhereRow where_row(size_t size);

}  // namespace octavo::kernels
