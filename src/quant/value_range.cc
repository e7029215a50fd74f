#include "quant/value_range.h"

#include <algorithm>
#include <vector>

#include "kernels/observe/observe.h"
#include "ops/parallel.h"

namespace octavo {

ValueRange find_range(std::span<const float> values, const Threads& threads) {
  std::vector<kernels::Extremes> found(threads.count());  // by thread
  parallel_for(threads, static_cast<int64_t>(values.size()), divide_steps(1),
               [&](int64_t begin, int64_t end, int thread) {
                 kernels::Extremes& all = found[thread];
                 const auto here = kernels::find_extremes(values.data() + begin, end - begin);
                 all = {std::min(all.min, here.min), std::max(all.max, here.max),
                        all.has_nan || here.has_nan};
               });
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  ValueRange range;
  for (const auto& [min, max, has_nan] : found) {
    if (has_nan) return {kNan, kNan};
    range = {std::min(range.min, min), std::max(range.max, max)};
  }
  return range;
}

}  // namespace octavo
