// y = e^(x - max) / Σ e^(x - max) along one axis of float32, and its logarithm.
#pragma once

#include <cstdint>

namespace octavo::kernels {

/// x and y are [outer, n, inner]; the sums run over the middle axis. Subtracting the largest element first keeps e^x
/// from overflowing. Sums are taken in an order that does not depend on the instruction set, so that results are the
/// same bits everywhere. x and y may be the same memory.
void softmax_f32(const float* x, float* y, int64_t outer, int64_t n, int64_t inner);

/// y = x - max - ln Σ e^(x - max), in the same way; x and y do not overlap.
void log_softmax_f32(const float* x, float* y, int64_t outer, int64_t n, int64_t inner);

}  // namespace octavo::kernels
