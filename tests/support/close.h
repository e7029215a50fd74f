// Comparison of float tensors.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "tensor/tensor.h"

namespace octavo::test {

// The same shape, and no element differs by more than `tolerance` of the largest expected magnitude.
inline void check_close(const Tensor& actual, const Tensor& expected, float tolerance = 1e-5f) {
  REQUIRE(to_string(actual.shape()) == to_string(expected.shape()));
  float largest = 0, difference = 0;
  const auto a = actual.span<float>(), e = expected.span<float>();
  for (std::size_t i = 0; i < a.size(); ++i) {
    largest = std::fmax(largest, std::fabs(e[i]));
    const float distance = a[i] == e[i] ? 0 : std::fabs(a[i] - e[i]);
    difference = distance <= difference ? difference : distance;  // NaN stays
  }
  INFO("largest difference " << difference << ", largest expected " << largest);
  CHECK(difference <= tolerance * largest);
}

}  // namespace octavo::test
