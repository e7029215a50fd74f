#include "quant/histogram.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

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

}  // namespace

std::vector<float> count_histogram(std::span<const float> values, ValueRange range, int bins,
                                   const Threads& threads) {
  if (range.min == range.max) range = {range.min - 1, range.max + 1};
  const std::size_t tables_of_thread = kernels::bin_tables * static_cast<std::size_t>(bins);
  std::vector<uint32_t> tables(threads.count() * tables_of_thread);
  parallel_for(threads, static_cast<int64_t>(values.size()), divide_steps(2),
               [&](int64_t begin, int64_t end, int thread) {
                 kernels::count_bins({range.min, range.max - range.min, bins}, values.data() + begin,
                                     end - begin, &tables[thread * tables_of_thread]);
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

}  // namespace octavo
