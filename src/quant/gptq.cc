#include "quant/gptq.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/parallel_for.h"
#include "kernels/feedback/feedback.h"
#include "quant/scale_blocks.h"

namespace octavo {

namespace {

// Frantar et al. add a hundredth of the diagonal's mean to it.
constexpr double kDamping = 0.01;
// Rows of a factor that are worth a thread: later ones are longer.
constexpr Division kFactorDivision = {.least = 32, .unit = 4};
// Rows of weights that are rounded together.
constexpr int kRows = 4;
// About so many such blocks, spread over the weight, are compared with what rounding to the nearest makes of them.
constexpr int kComparedBlocks = 16;

// The columns of one group in the order that they are rounded in, and how they make up for one another.
class Columns {
 public:
  // Where H is singular all the same, columns do not know of one another.
  void factor(const Gram& gram, int64_t group, const Threads& threads) {
    const auto n = static_cast<std::size_t>(gram.depth());
    order.resize(n);
    for (std::size_t i = 0; i < n; ++i) order[i] = static_cast<int>(i);
    const auto diagonal = [&](int i) { return gram.product(group, i, i); };
    const auto goes_before = [&](int a, int b) {
      return diagonal(a) != diagonal(b) ? diagonal(a) > diagonal(b) : a < b;
    };
    std::ranges::make_heap(order, goes_before);  // a third of the code of std::sort
    std::ranges::sort_heap(order, goes_before);
    damping = 0;
    for (int i : order) damping += diagonal(i);
    damping *= kDamping / static_cast<double>(n);
    h_.resize(n * n);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t k = 0; k <= i; ++k)
        h_[i * n + k] = gram.product(group, std::max(order[i], order[k]), std::min(order[i], order[k]));
      h_[i * n + i] += damping > 0 ? damping : 1;
    }
    d_.resize(n);
    const auto for_rows = [&](int count, const auto& take_out) {
      parallel_for(threads, count, kFactorDivision, [&](int64_t begin, int64_t end, int) {
        take_out(static_cast<int>(begin), static_cast<int>(end));
      });
    };
    if (kernels::factor_feedback({h_.data(), d_.data(), static_cast<int>(n)}, for_rows)) return;
    std::ranges::fill(h_, 0.0);
    std::ranges::fill(d_, 1.0);
  }
  kernels::Feedback feedback() const { return {h_.data(), d_.data(), static_cast<int>(d_.size())}; }

  std::vector<int> order;
  double damping = 0;

 private:
  std::vector<double> h_, d_;
};

class Rounder {
 public:
  Rounder(const Gram& gram, const kernels::WeightView<const float>& weights, const Shape& shape,
          const QParams& qparams, const Threads& threads)
      : gram_(gram),
        weights_(weights),
        qparams_(qparams),
        blocks_(qparams, shape),
        threads_(threads),
        fed_(DType::s8, shape),
        places_(static_cast<std::size_t>(weights.depth())),
        compared_step_(std::max(weights.n / (kRows * kComparedBlocks), 1)),
        errors_(static_cast<std::size_t>(weights.n)) {
    std::size_t i = 0;
    for (int y = 0; y < weights.kh; ++y)
      for (int x = 0; x < weights.kw; ++x)
        for (int c = 0; c < weights.channels; ++c) places_[i++] = &weights.at(0, y, x, c) - weights.data;
  }

  std::optional<Tensor> round(RoundingErrors& errors) {
    const int rows = weights_.n / static_cast<int>(gram_.groups());
    for (int64_t group = 0; group < gram_.groups(); ++group) {
      columns_.factor(gram_, group, threads_);
      round_rows(static_cast<int>(group) * rows, rows);
    }
    RoundingErrors sum;
    for (const RoundingErrors& each : errors_) {
      sum.nearest += each.nearest;
      sum.chosen += each.chosen;
    }
    const bool is_better = sum.chosen < sum.nearest;
    errors.nearest += sum.nearest;
    errors.chosen += is_better ? sum.chosen : sum.nearest;
    return is_better ? std::optional(std::move(fed_)) : std::nullopt;
  }

 private:
  void round_rows(int first, int count) {
    const std::size_t block = kRows * places_.size(), threads = static_cast<std::size_t>(threads_.count());
    std::vector<double> memory(2 * block * threads);
    std::vector<kernels::FeedbackStep> all_steps(block * threads);
    parallel_for(threads_, (count + kRows - 1) / kRows, {}, [&](int64_t begin, int64_t end, int thread) {
      double* const floats = memory.data() + 2 * block * static_cast<std::size_t>(thread);
      for (int64_t i = begin; i < end; ++i) {
        const int row = first + static_cast<int>(i) * kRows;
        round_block(row, std::min(kRows, first + count - row), floats, floats + block,
                    all_steps.data() + block * static_cast<std::size_t>(thread));
      }
    });
  }

  void round_block(int row, int count, double* weights, double* integers, kernels::FeedbackStep* steps) {
    const std::size_t n = places_.size();
    int8_t* const out = fed_.view().as<int8_t>();
    for (int r = 0; r < count; ++r)
      for (std::size_t k = 0; k < n; ++k) {
        const float* const w = weight(row + r, k);
        const auto scale = static_cast<std::size_t>(blocks_.of(w - weights_.data));
        weights[r * n + k] = static_cast<double>(*w);
        steps[r * n + k] = {static_cast<double>(qparams_.scale[scale]),
                            static_cast<double>(qparams_.zero_point[scale])};
      }
    const bool is_compared = row / kRows % compared_step_ == 0;
    for (const bool feeds : {false, true}) {
      if (!feeds && !is_compared) continue;
      double found[kRows];
      kernels::round_rows(columns_.feedback(),
                          {weights, steps, integers, found, count, qparams_.qmin, qparams_.qmax, feeds});
      for (int r = 0; r < count; ++r) {
        double added = 0;  // by the damping
        for (std::size_t k = 0; k < n; ++k) {
          const auto [scale, zero_point] = steps[r * n + k];
          const double rest = weights[r * n + k] - (integers[r * n + k] - zero_point) * scale;
          added += rest * rest;
          if (feeds) out[weight(row + r, k) - weights_.data] = static_cast<int8_t>(integers[r * n + k]);
        }
        const double error = found[r] - columns_.damping * added;
        RoundingErrors& errors = errors_[static_cast<std::size_t>(row) + r];
        if (is_compared) (feeds ? errors.chosen : errors.nearest) = error;
      }
    }
  }

  // Weight k, in the order of rounding.
  const float* weight(int row, std::size_t k) const {
    return weights_.data + row * weights_.stride_n + places_[static_cast<std::size_t>(columns_.order[k])];
  }

  const Gram& gram_;
  const kernels::WeightView<const float>& weights_;
  const QParams& qparams_;
  const ScaleBlocks blocks_;
  const Threads& threads_;
  Tensor fed_;
  std::vector<ptrdiff_t> places_;  // of the weights of a row
  int compared_step_;
  std::vector<RoundingErrors> errors_;  // by row
  Columns columns_;
};

}  // namespace

std::optional<Tensor> round_gptq(const Gram& gram, const kernels::WeightView<const float>& weights,
                                 const Shape& shape, const QParams& qparams, const Threads& threads,
                                 RoundingErrors& errors) {
  return Rounder(gram, weights, shape, qparams, threads).round(errors);
}

}  // namespace octavo
