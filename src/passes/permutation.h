// Permutations of axes: new axis i is old axis p[i].
#pragma once

#include <numeric>
#include <vector>

#include "tensor/shape.h"

namespace octavo {

using Permutation = std::vector<int>;

// N C … → N … C
inline Permutation to_channels_last(int rank) {
  Permutation p(rank);
  std::iota(p.begin() + 1, p.end() - 1, 2);
  p.back() = 1;
  return p;
}

// N … C → N C …
inline Permutation to_channels_first(int rank) {
  Permutation p(rank);
  p[1] = rank - 1;
  std::iota(p.begin() + 2, p.end(), 1);
  return p;
}

inline Shape permuted(const Shape& shape, const Permutation& p) {
  Shape out;
  for (int axis : p) out.dims.push_back(shape[axis]);
  return out;
}

}  // namespace octavo
