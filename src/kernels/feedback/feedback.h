// Rounding with error feedback: what one weight is rounded by, those that come after it make up for, as far as the
// inputs are correlated. In float64, in an order that does not depend on the instruction set.
#pragma once

#include <cstdint>

namespace octavo::kernels {

/// (U + I) · D · (U + I)ᵀ with U strictly upper triangular and D diagonal, both positive.
struct Feedback {
  const double* u;  ///< [n, n]; what is on and below the diagonal has no meaning
  const double* d;  ///< [n]
  int n;
};

/// Factors a symmetric matrix h [n, n], of which the lower triangle is read, in place; d [n] is its diagonal. False
/// where h is not positive definite: then neither has a meaning.
bool factor_feedback(double* h, double* d, int n);

/// What an integer q means: (q - zero_point) · scale.
struct FeedbackStep {
  double scale, zero_point;
};

/// Rounds rows of weights w to integers q, which mean r[k] = (q[k] - zero_point[k]) · scale[k]: with t[k] = w[k] +
/// Σ_{i<k} (w[i] - r[i]) · U[i][k]
///
///   feeds:  q[k] = clamp(round_to_even(t[k] / scale[k] + zero_point[k]), qmin, qmax), which is GPTQ (Frantar et al.
///           2022) as LDLQ (Chee et al. 2023)
///   else:   the same of w[k]
///
/// The error of the products, (w - r) · H · (w - r)ᵀ, is Σ D[k] · (t[k] - r[k])².
struct FeedbackRows {
  const double* weights;      ///< [count, n]
  const FeedbackStep* steps;  ///< [count, n]
  double* integers;           ///< [count, n]
  double* errors;             ///< [count]
  int count;
  int32_t qmin, qmax;
  bool feeds;
};

void round_rows(const Feedback&, const FeedbackRows&);

}  // namespace octavo::kernels
