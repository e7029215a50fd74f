// Rounding with error feedback: what one weight is rounded by, those that come after it make up for, as far as the
// inputs are correlated. In float64, in an order that does not depend on the instruction set.
#pragma once

#include <cstddef>
#include <cstdint>

namespace octavo::kernels {

/// (U + I) · D · (U + I)ᵀ with U strictly upper triangular and D diagonal, both positive.
struct Feedback {
  const double* u;  ///< [n, n]; what is on and below the diagonal has no meaning
  const double* d;  ///< [n]
  int n;
};

/// A symmetric matrix h [n, n], of which the lower triangle is read, that is factored in place; d [n] is its diagonal.
/// From its last rows on, a block at a time, each takes its part out of those above. Until the end it is D · (U + I)ᵀ.
struct FeedbackFactor {
  static constexpr int kBlock = 8;

  double* h;
  double* d;
  int n;

  double* row(int i) const { return h + ptrdiff_t(i) * n; }
};

/// Factors rows [begin, end), a block or what is above all blocks, among themselves. False where h is not positive
/// definite: then nothing has a meaning.
bool factor_block(const FeedbackFactor&, int begin, int end);
/// Takes the part of the rows [block, block + kBlock) out of the rows [begin, end) above them.
void take_out_block(const FeedbackFactor&, int block, int begin, int end);
/// When all are done: U from D · (U + I)ᵀ.
void finish_factor(const FeedbackFactor&);

/// All of it. for_rows(count, f) calls f(begin, end) for pieces of [0, count), which may be done at the same time.
bool factor_feedback(const FeedbackFactor& factor, const auto& for_rows) {
  for (int end = factor.n; end > 0;) {
    const int begin = end > FeedbackFactor::kBlock ? end - FeedbackFactor::kBlock : 0;
    if (!factor_block(factor, begin, end)) return false;
    for_rows(begin, [&](int first, int last) { take_out_block(factor, begin, first, last); });
    end = begin;
  }
  finish_factor(factor);
  return true;
}

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
