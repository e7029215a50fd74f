#include "quant/histogram.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

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

std::vector<float> count_histogram(std::span<const float> values, ValueRange range, int bins) {
  if (range.min == range.max) range = {range.min - 1, range.max + 1};
  const float width = range.max - range.min;
  const float last_bin = static_cast<float>(bins - 1);

  // Neighbours often fall into the same bin. With tables of their own they do not wait for each other's increment.
  constexpr std::size_t kTables = 4;
  constexpr std::size_t kBlock = 256;
  std::vector<uint32_t> tables(kTables * bins);
  uint32_t* const counts = tables.data();
  // A position beyond the last bin, or NaN where the range overflows float32, counts in the last bin.
  const auto bin_of = [&](float x) {
    const float position = (x - range.min) * static_cast<float>(bins) / width;
    return static_cast<int32_t>(position < last_bin ? position : last_bin);
  };
  std::size_t i = 0;
  for (; i + kBlock <= values.size(); i += kBlock) {
    int32_t block[kBlock];
    for (std::size_t j = 0; j < kBlock; ++j) block[j] = bin_of(values[i + j]);
    for (std::size_t j = 0; j < kBlock; j += kTables)
      for (std::size_t table = 0; table < kTables; ++table) ++counts[table * bins + block[j + table]];
  }
  for (; i < values.size(); ++i) ++counts[bin_of(values[i])];

  std::vector<float> histogram(bins);
  for (int bin = 0; bin < bins; ++bin) {
    uint32_t count = 0;
    for (std::size_t table = 0; table < kTables; ++table) count += counts[table * bins + bin];
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
