// y = e^(x - max) / Σ e^(x - max) along one axis of float32, its logarithm, and what attention does before.
#pragma once

#include <cstdint>

namespace octavo::kernels {

/// x and y are [outer, n, inner]; the sums run over the middle axis. Subtracting the largest element first keeps e^x
/// from overflowing. Sums are taken in an order that does not depend on the instruction set, so that results are the
/// same bits everywhere. x and y may be the same memory.
void softmax_f32(const float* x, float* y, int64_t outer, int64_t n, int64_t inner);

/// y = x - max - ln Σ e^(x - max), in the same way; x and y do not overlap.
void log_softmax_f32(const float* x, float* y, int64_t outer, int64_t n, int64_t inner);

/// x[i] = x[i] * scale + mask[i], the product rounded first; mask may be null, for zeros.
void scale_scores_f32(float* x, int64_t n, float scale, const float* mask);

}  // namespace octavo::kernels
