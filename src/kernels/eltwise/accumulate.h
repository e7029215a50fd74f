// Moving averages and updates of parameters, in place.
#pragma once

#include <cstddef>

namespace octavo::kernels {

/// slot[i] = decay · slot[i] + rate · x[i], each operation rounded by itself.
void accumulate(float decay, float rate, const float* x, size_t n, float* slot);

}  // namespace octavo::kernels
