// Loops whose length may be known to the compiler.
#pragma once

#include <utility>

namespace octavo::kernels {

/// f(i) for i in [0, N), unrolled, or for i in [0, n) when N is 0.
template <int N, class F> inline void unrolled(int n, F&& f) {
  if constexpr (N == 0) {
    for (int i = 0; i < n; ++i) f(i);
  } else {
    [&]<int... i>(std::integer_sequence<int, i...>) { (f(i), ...); }(std::make_integer_sequence<int, N>());
  }
}

}  // namespace octavo::kernels
