#include "kernels/eltwise/where.h"

#include "kernels/vectors.h"

namespace octavo::kernels {

namespace {

template <class T> void row(const StridedBox<4>::Pointers& at, int64_t n, const StridedBox<4>::Steps& steps) {
  const auto* condition = reinterpret_cast<const uint8_t*>(at[0]);
  const auto *x = reinterpret_cast<const T*>(at[1]), *y = reinterpret_cast<const T*>(at[2]);
  T* out = reinterpret_cast<T*>(at[3]);
  const bool c_steps = steps[0] != 0, x_steps = steps[1] != 0, y_steps = steps[2] != 0;
  int64_t i = 0;
#if OCTAVO_SIMD
  // Masks of attention.
  if constexpr (sizeof(T) == sizeof(float)) {
    using Flags = uint8_t __attribute__((vector_size(lanes<T>)));
    const Operand<T> x_operand(x, x_steps), y_operand(y, y_steps);
    const auto xs = x_operand.view(), ys = y_operand.view();
    for (const int64_t step = lanes<T>; c_steps && i + step <= n; i += step) {
      Flags flags;
      std::memcpy(&flags, condition + i, sizeof flags);
      const auto place = static_cast<size_t>(i);
      store(out + i, select(__builtin_convertvector(flags, Vector<T>) != 0, load(xs.data + (place & xs.mask)),
                            load(ys.data + (place & ys.mask))));
    }
  }
#endif
  for (; i < n; ++i) out[i] = condition[c_steps * i] != 0 ? x[x_steps * i] : y[y_steps * i];
}

}  // namespace

WhereRow where_row(size_t size) {
  return size == 1 ? row<uint8_t> : size == 2 ? row<uint16_t> : size == 4 ? row<uint32_t> : row<uint64_t>;
}

}  // namespace octavo::kernels
