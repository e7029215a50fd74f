#include "quant/value_range.h"

#include <vector>

#include "kernels/observe/observe.h"
#include "ops/parallel.h"

namespace octavo {

ValueRange find_range(std::span<const float> values, const Threads& threads) {
  std::vector<kernels::Extremes> found(threads.count());  // by thread
  parallel_for(threads, static_cast<int64_t>(values.size()), divide_steps(1),
               [&](int64_t begin, int64_t end, int thread) {
                 found[thread] =
                     joined(found[thread], kernels::find_extremes(values.data() + begin, end - begin));
               });
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  kernels::Extremes all;
  for (const kernels::Extremes& each : found) all = joined(all, each);
  return all.has_nan ? ValueRange{kNan, kNan} : ValueRange{all.min, all.max};
}

}  // namespace octavo
