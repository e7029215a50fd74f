#include "kernels/feedback/feedback.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "kernels/unrolled.h"
#include "kernels/vectors.h"

namespace octavo::kernels {

namespace {

using Doubles = Vector<double>;

// Rows that are added to others in one pass.
constexpr int kBlock = FeedbackFactor::kBlock;
// Rows that are added to at a time: each vector of the others is read once for all.
constexpr int kRows = 4;

// to[r][k] += Σ_b factors[r][b] · from[b][k] for k in [begin, end); rows lie n apart.
template <int rows>
void add_products(double* to, const double* from, ptrdiff_t n, const double (*factors)[kBlock],
                  ptrdiff_t begin, ptrdiff_t end) {
  constexpr auto kStep = static_cast<ptrdiff_t>(lanes<double>);
  const auto step = [&](ptrdiff_t k, auto load_at, auto store_at) {
    decltype(load_at(from)) others[kBlock];
    unrolled<kBlock>(0, [&](int b) { others[b] = load_at(from + b * n + k); });
    unrolled<rows>(0, [&](int r) {
      auto sum = load_at(to + r * n + k);
      unrolled<kBlock>(0, [&](int b) { sum += factors[r][b] * others[b]; });
      store_at(to + r * n + k, sum);
    });
  };
  ptrdiff_t k = begin;
  for (; k + kStep <= end; k += kStep)
    step(k, [](const double* p) { return load(p); }, [](double* p, Doubles v) { store(p, v); });
  for (; k < end; ++k) step(k, [](const double* p) { return *p; }, [](double* p, double v) { *p = v; });
}

// NaN, too, becomes an integer of the range.
double to_integer(double x, const FeedbackRows& rows) {
  return std::max<double>(rows.qmin, std::min<double>(rows.qmax, std::nearbyint(x)));
}

// f(i, as many as it is to do from i on) for blocks of [0, count).
void for_blocks(int count, auto f) {
  int i = 0;
  for (; i + kRows <= count; i += kRows) f(i, std::integral_constant<int, kRows>());
  for (; i < count; ++i) f(i, std::integral_constant<int, 1>());
}

}  // namespace

bool factor_block(const FeedbackFactor& f, int begin, int end) {
  for (int j = end - 1; j >= begin; --j) {
    f.d[j] = f.row(j)[j];
    if (!(f.d[j] > 0 && std::isfinite(f.d[j]))) return false;
    for (int i = begin; i < j; ++i) {
      const double part = f.row(j)[i] / f.d[j];
      for (int k = 0; k <= i; ++k) f.row(i)[k] -= part * f.row(j)[k];
    }
  }
  return true;
}

void take_out_block(const FeedbackFactor& f, int block, int begin, int end) {
  // Rows that are done together are as long as the last of them.
  const auto take_out = [&]<int rows>(int i, std::integral_constant<int, rows>) {
    const int first = begin + i;
    double parts[rows][kBlock];
    for (int r = 0; r < rows; ++r)
      for (int b = 0; b < kBlock; ++b) parts[r][b] = -f.row(block + b)[first + r] / f.d[block + b];
    add_products<rows>(f.row(first), f.row(block), f.n, parts, 0, first + rows);
  };
  for_blocks(end - begin, take_out);
}

void finish_factor(const FeedbackFactor& f) {
  for (int j = 0; j < f.n; ++j)
    for (int i = 0; i < j; ++i) f.row(i)[j] = f.row(j)[i] / f.d[j];
}

void round_rows(const Feedback& f, const FeedbackRows& rows) {
  const ptrdiff_t n = f.n;
  const auto round_some = [&]<int count>(int first, std::integral_constant<int, count>) {
    const double* const weights = rows.weights + first * n;
    double* const sums = rows.integers + first * n;
    std::copy_n(weights, count * n, sums);
    std::fill_n(rows.errors + first, count, 0.0);
    for (ptrdiff_t begin = 0; begin < n; begin += kBlock) {
      const ptrdiff_t end = std::min(begin + kBlock, n);
      double missing[count][kBlock] = {};
      for (int r = 0; r < count; ++r) {
        double* const sum = sums + r * n;
        for (ptrdiff_t j = begin; j < end; ++j) {
          const double weight = weights[r * n + j], wanted = rows.feeds ? sum[j] : weight;
          const auto [scale, zero_point] = rows.steps[(first + r) * n + j];
          const double integer = to_integer(wanted / scale + zero_point, rows),
                       made = (integer - zero_point) * scale;
          rows.errors[first + r] += f.d[j] * (sum[j] - made) * (sum[j] - made);
          sum[j] = integer;
          const double rest = missing[r][j - begin] = weight - made;
          for (ptrdiff_t k = j + 1; k < end; ++k) sum[k] += rest * f.u[j * n + k];
        }
      }
      if (end < n) add_products<count>(sums, f.u + begin * n, n, missing, end, n);
    }
  };
  for_blocks(rows.count, round_some);
}

}  // namespace octavo::kernels
