// Rounding of weights with second-order error feedback: GPTQ (Frantar et al. 2022).
#pragma once

#include <optional>

#include "base/kernel_policy.h"
#include "kernels/weights.h"
#include "quant/gram.h"
#include "tensor/qparams.h"
#include "tensor/tensor.h"

namespace octavo {

// The squared errors of the products of a weight on the calibration data, summed, when it is rounded.
struct RoundingErrors {
  double nearest = 0, chosen = 0;
};

// Rounds float32 weights W to integers Q, which mean R = (Q - zero_point) · scale, so that Σ ‖x·(W - R)ᵀ‖² over the
// rows x that `gram` has seen gets small: for each row of W
//
//   q[k] = clamp(round((w[k] + Σ_{i<k} (w[i] - r[i]) · U[i][k]) / scale[k] + zero_point[k])),
//   (U + I)·D·(U + I)ᵀ = H + λ·I
//
// with H = Σ xᵀ·x, its columns in the order of their diagonal elements, largest first, and λ a hundredth of the
// diagonal's mean. That is GPTQ with its activation order, written as LDLQ (Chee et al. 2023, Theorem 6).
//
// `weights`: all rows, those of a group one after the other, of a tensor of `shape` that the qparams, of int8, are for.
// Blocks of columns have scales of the weights as they were: that order of columns needs all beforehand.
// Nothing where that is not better than rounding each to the nearest: where columns of x have nothing to do with one
// another. Adds to `errors` in any case.
std::optional<Tensor> round_gptq(const Gram& gram, const kernels::WeightView<const float>& weights,
                                 const Shape& shape, const QParams& qparams, const Threads& threads,
                                 RoundingErrors& errors);

}  // namespace octavo
