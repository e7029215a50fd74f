#include "ops/dynamic_range.h"

#include "ops/parallel.h"

namespace octavo {

namespace {

using kernels::FloatRange;

FloatRange joined(const FloatRange& a, const FloatRange& b) {
  return {std::min(a.min, b.min), std::max(a.max, b.max)};
}

// Of parts, equally long; which thread sees which does not matter.
FloatRange find_range(const KernelPolicy& policy, const float* x, int64_t n) {
  constexpr int64_t parts = 16;
  FloatRange found[parts];
  const int64_t length = (n + parts - 1) / parts;
  parallel_elements(policy, parts, length, [&](int64_t begin, int64_t end) {
    const int64_t first = std::min(begin * length, n), last = std::min(end * length, n);
    found[begin] = kernels::find_range(x + first, last - first);
  });
  FloatRange all;
  for (const FloatRange& part : found) all = joined(all, part);
  return all;
}

}  // namespace

kernels::QuantizeParams quantize_by_range(const KernelPolicy& policy, FloatRows x, IntegerRange integers,
                                          uint8_t* out) {
  if (x.stride == x.length) x = {x.data, 1, x.rows * x.length, 0};
  FloatRange range;
  for (int64_t row = 0; row < x.rows; ++row)
    range = joined(range, find_range(policy, x.data + row * x.stride, x.length));
  const auto params = kernels::dynamic_params(range, integers.qmin, integers.qmax);
  for (int64_t row = 0; row < x.rows; ++row)
    parallel_elements(policy, x.length, 1, [&](int64_t begin, int64_t end) {
      kernels::quantize(x.data + row * x.stride + begin, end - begin, params, out + row * x.length + begin);
    });
  return params;
}

}  // namespace octavo
