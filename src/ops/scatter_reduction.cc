#include "ops/scatter_reduction.h"

#include <cstring>
#include <limits>

#include "base/error.h"
#include "ops/elements.h"
#include "ops/operands.h"

namespace octavo {

namespace {

template <class T> T reduce(ScatterReduction reduction, T a, T b) {
  switch (reduction) {
    case ScatterReduction::add: return a + b;
    case ScatterReduction::mul: return a * b;
    case ScatterReduction::min: return b < a || b != b ? b : a;
    case ScatterReduction::max: return b > a || b != b ? b : a;
    case ScatterReduction::none: break;
  }
  return b;
}

// Integers wrap around, and compare as their signs say.
int64_t reduce(ScatterReduction reduction, int64_t a, int64_t b, bool is_unsigned) {
  const auto x = static_cast<uint64_t>(a), y = static_cast<uint64_t>(b);
  const bool compares = reduction == ScatterReduction::min || reduction == ScatterReduction::max;
  if (!compares || is_unsigned) return static_cast<int64_t>(reduce(reduction, x, y));
  return reduce(reduction, a, b);
}

double reduce(ScatterReduction reduction, double a, double b, bool) { return reduce(reduction, a, b); }

template <class Middle>
void scatter_as(ScatterReduction reduction, const TensorView& y, int64_t at, const TensorView& updates,
                int64_t from, int64_t n) {
  Middle a[kChunk], b[kChunk];
  for (int64_t i = 0; i < n; i += kChunk) {
    const int64_t count = std::min(kChunk, n - i);
    load_elements(y, at + i, count, a);
    load_elements(updates, from + i, count, b);
    for (int64_t j = 0; j < count; ++j) a[j] = reduce(reduction, a[j], b[j], y.dtype == DType::u64);
    store_elements(a, y, at + i, count);
  }
}

}  // namespace

ScatterReduction scatter_reduction(const Attrs& attrs) {
  return static_cast<ScatterReduction>(choice(attrs, "reduction", {"none", "add", "mul", "min", "max"}));
}

void scatter(ScatterReduction reduction, const TensorView& y, int64_t at, const TensorView& updates,
             int64_t from, int64_t n) {
  if (reduction == ScatterReduction::none) {
    const std::size_t size = size_of(y.dtype);
    std::memcpy(y.data + at * size, updates.data + from * size, n * size);
    return;
  }
  (is_float(y.dtype) ? scatter_as<double> : scatter_as<int64_t>)(reduction, y, at, updates, from, n);
}

}  // namespace octavo
