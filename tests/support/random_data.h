// Reproducible test data, the same on every platform.
#pragma once

#include <cstdint>

#include "tensor/tensor.h"

namespace octavo::test {

// A linear congruential generator (Knuth's MMIX constants).
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 2654435761u + 1) {}

  // Uniform in [0, n).
  int64_t below(int64_t n) { return static_cast<int64_t>(next() % static_cast<uint64_t>(n)); }
  // Uniform in [from, to].
  int64_t integer(int64_t from, int64_t to) { return from + below(to - from + 1); }
  float real(float from, float to) {
    return from + (to - from) * static_cast<float>(next() & 0xffffff) / 16777216.0f;
  }

  Tensor floats(Shape shape, float from = -1, float to = 1) {
    Tensor tensor(DType::f32, std::move(shape));
    for (float& x : tensor.span<float>()) x = real(from, to);
    return tensor;
  }
  // Integers of type T in [from, to].
  template <class T> Tensor integers(Shape shape, int64_t from, int64_t to) {
    Tensor tensor(dtype_of<T>, std::move(shape));
    for (T& x : tensor.span<T>()) x = static_cast<T>(integer(from, to));
    return tensor;
  }

 private:
  uint64_t next() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return state_ >> 33;
  }

  uint64_t state_;
};

}  // namespace octavo::test
