#include "quant/histogram.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "kernels/observe/observe.h"
#include "ops/parallel.h"

namespace octavo {

namespace {

constexpr int kUpsampleRate = 16;

// torch.linspace in float32. PyTorch's kernels round start + step * i once; in double the sum is nearly exact.
class Linspace {
 public:
  Linspace(ValueRange range, int steps)
      : range_(range), step_((range.max - range.min) / static_cast<float>(steps - 1)), last_(steps - 1) {}

  float operator[](int i) const {
    const double step = step_;
    return static_cast<float>(i < (last_ + 1) / 2 ? range_.min + step * i : range_.max - step * (last_ - i));
  }

 private:
  ValueRange range_;
  float step_;
  int last_;
};

// What brings everything to a size where (x - min) * bins does not overflow. A power of two rounds nothing.
constexpr float kWideFactor = 0x1p-32f;

// count_bins of x · kWideFactor.
void count_wide_bins(const kernels::Bins& bins, const float* x, std::size_t n, uint32_t* tables) {
  constexpr std::size_t kBlock = 1024;
  float block[kBlock];
  for (std::size_t at = 0; at < n; at += kBlock) {
    const std::size_t count = std::min(kBlock, n - at);
    std::transform(x + at, x + at + count, block, [](float value) { return value * kWideFactor; });
    kernels::count_bins(bins, block, count, tables);
  }
}

}  // namespace

std::vector<float> count_histogram(std::span<const float> values, ValueRange range, int bins,
                                   const Threads& threads) {
  if (range.min == range.max) range = {range.min - 1, range.max + 1};
  const std::size_t tables_of_thread = kernels::bin_tables * static_cast<std::size_t>(bins);
  std::vector<uint32_t> tables(threads.count() * tables_of_thread);
  const bool overflows = std::isinf((range.max - range.min) * static_cast<float>(bins));
  const float factor = overflows ? kWideFactor : 1;
  const kernels::Bins scaled = {range.min * factor, range.max * factor - range.min * factor, bins};
  parallel_for(threads, static_cast<int64_t>(values.size()), divide_steps(2),
               [&](int64_t begin, int64_t end, int thread) {
                 const auto count = overflows ? count_wide_bins : kernels::count_bins;
                 count(scaled, values.data() + begin, end - begin, &tables[thread * tables_of_thread]);
               });
  std::vector<float> histogram(bins);
  for (int bin = 0; bin < bins; ++bin) {
    uint32_t count = 0;
    for (std::size_t i = bin; i < tables.size(); i += bins) count += tables[i];
    histogram[bin] = static_cast<float>(count);
  }
  return histogram;
}

std::vector<float> rebin_histogram(std::span<const float> counts, ValueRange from, ValueRange to) {
  if (std::isinf(to.max - to.min)) {
    const auto half = [](ValueRange range) { return ValueRange{range.min / 2, range.max / 2}; };
    return rebin_histogram(counts, half(from), half(to));
  }
  const int bins = static_cast<int>(counts.size());
  const int fine_bins = bins * kUpsampleRate;
  const Linspace begins(from, fine_bins + 1);
  const Linspace boundaries(to, bins + 1);
  const float half_bin = 0.5f * ((from.max - from.min) / static_cast<float>(fine_bins));

  std::vector<float> moved(bins);
  int bin = 0;
  for (int fine = 0; fine < fine_bins; ++fine) {
    const float centre = begins[fine] + half_bin;
    while (bin < bins - 1 && boundaries[bin + 1] <= centre) ++bin;
    while (bin > 0 && boundaries[bin] > centre) --bin;
    moved[bin] += counts[fine / kUpsampleRate] / kUpsampleRate;
  }
  return moved;
}

ValueRange range_of_bins(ValueRange range, int bins, int first, int last) {
  const float largest = std::numeric_limits<float>::max();
  const float unit = range.max - range.min > largest ? 0.5f : 1.0f;
  const float min = range.min * unit;
  const float bin_width = (range.max * unit - min) / static_cast<float>(bins);
  const auto begin_of = [&](int bin) {
    return std::clamp((min + bin_width * static_cast<float>(bin)) / unit, -largest, largest);
  };
  return {begin_of(first), begin_of(last + 1)};
}

}  // namespace octavo
