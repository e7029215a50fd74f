#include "ops/dynamic_range.h"

#include "ops/extremes.h"
#include "ops/parallel.h"

namespace octavo {

kernels::QuantizeParams quantize_by_range(const KernelPolicy& policy, FloatRows x, IntegerRange integers,
                                          uint8_t* out) {
  if (x.stride == x.length) x = {x.data, 1, x.rows * x.length, 0};
  kernels::Extremes extremes;
  for (int64_t row = 0; row < x.rows; ++row)
    extremes = joined(extremes, find_extremes(policy.threads, x.data + row * x.stride, x.length,
                                              kernels::find_extremes_of_numbers));
  const auto params = kernels::dynamic_params(range_of(extremes), integers.qmin, integers.qmax);
  for (int64_t row = 0; row < x.rows; ++row)
    parallel_elements(policy, x.length, 1, [&](int64_t begin, int64_t end) {
      kernels::quantize(x.data + row * x.stride + begin, end - begin, params, out + row * x.length + begin);
    });
  return params;
}

}  // namespace octavo
