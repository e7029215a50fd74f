// Transpose, one element after the other: the oracle of whatever moves axes.
#pragma once

#include <cstring>
#include <vector>

#include "support/op_runner.h"

namespace octavo::test {

// Axis i of the result is axis permutation[i] of the tensor.
inline Tensor transposed(const Tensor& tensor, const std::vector<int>& permutation) {
  const Shape& from = tensor.shape();
  Shape to;
  for (int axis : permutation) to.dims.push_back(from[axis]);
  Tensor out(tensor.dtype(), to);
  const std::size_t size = size_of(tensor.dtype());
  for (int64_t i = 0; i < to.elements(); ++i) {
    int64_t rest = i, offset = 0;
    for (int axis = to.rank() - 1; axis >= 0; --axis) {
      offset += rest % to[axis] * from.strides()[permutation[axis]];
      rest /= to[axis];
    }
    std::memcpy(out.view().data + i * size, tensor.view().data + offset * size, size);
  }
  return out;
}

inline std::vector<int> inverse(const std::vector<int>& permutation) {
  std::vector<int> out(permutation.size());
  for (std::size_t i = 0; i < permutation.size(); ++i) out[permutation[i]] = static_cast<int>(i);
  return out;
}

// Expects that `op`, adapted by OpDef::permute, computes from permuted data what it computes from the data. `data` are
// the inputs that have the axes of the output; `parameters` adds the others.
template <class Parameters>
bool follows_permutation(const OpRunner& op, const std::vector<Tensor>& data,
                         const std::vector<int>& permutation, Parameters&& parameters) {
  std::vector<int> identity;
  for (std::size_t i = 0; i < permutation.size(); ++i) identity.push_back(static_cast<int>(i));
  OpRunner plain = op, moved = op;
  for (const Tensor& tensor : data) {
    plain.input(transposed(tensor, identity));
    moved.input(transposed(tensor, permutation));
  }
  parameters(plain);
  parameters(moved);
  if (!moved.permute(permutation)) return false;
  const Tensor expected = transposed(plain.run1(), permutation), actual = moved.run1();
  return actual.shape() == expected.shape() &&
         std::memcmp(actual.view().data, expected.view().data, expected.bytes()) == 0;
}

inline const std::vector<int> kChannelsLast{0, 2, 3, 1};

}  // namespace octavo::test
