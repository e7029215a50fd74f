#include "ops/extremes.h"

#include "ops/parallel.h"

namespace octavo {

kernels::Extremes find_extremes(const Threads& threads, const float* x, int64_t n,
                                kernels::Extremes (*find)(const float*, std::size_t)) {
  constexpr int64_t parts = 16;  // of equal length
  kernels::Extremes found[parts];
  const int64_t length = (n + parts - 1) / parts;
  parallel_for(threads, parts, divide_steps(length), [&](int64_t begin, int64_t end, int) {
    const int64_t first = std::min(begin * length, n), last = std::min(end * length, n);
    found[begin] = find(x + first, static_cast<std::size_t>(last - first));
  });
  for (const kernels::Extremes& part : found) found[0] = joined(found[0], part);
  return found[0];
}

}  // namespace octavo
