#include "tensor/tensor.h"

#include <catch2/catch_test_macros.hpp>

#include "base/error.h"

namespace octavo {

namespace {

// Writes 1, 2, 3 and counts how often.
Tensor::Restore counting_up(int& restored) {
  return [&restored](const TensorView& elements) {
    for (int i = 0; i < 3; ++i) elements.as<float>()[i] = static_cast<float>(i + 1);
    ++restored;
  };
}

bool counts_up(const Tensor& tensor) {
  const auto values = tensor.span<float>();
  return values.size() == 3 && values[0] == 1 && values[1] == 2 && values[2] == 3;
}

}  // namespace

TEST_CASE("A tensor on demand takes memory when somebody looks at it") {
  int restored = 0;
  const Tensor tensor = Tensor::restored_on_demand(DType::f32, {3}, counting_up(restored));
  CHECK(tensor.shape() == Shape{3});
  CHECK(tensor.bytes() == 12);
  CHECK(restored == 0);
  CHECK(counts_up(tensor));
  CHECK(counts_up(tensor));
  CHECK(restored == 1);
  tensor.give_back();
  CHECK(counts_up(tensor));
  CHECK(restored == 2);
}

TEST_CASE("A tensor that nobody else keeps is not given back") {
  const Tensor tensor = Tensor::of<float>({3}, {1, 2, 3});
  const float* const data = tensor.span<float>().data();
  tensor.give_back();
  CHECK(tensor.span<float>().data() == data);
  CHECK(counts_up(tensor));
}

TEST_CASE("The first way to restore a tensor stays, until it is kept for good") {
  int first = 0, second = 0;
  const Tensor tensor = Tensor::of<float>({3}, {1, 2, 3});
  tensor.give_back(counting_up(first));
  tensor.give_back(counting_up(second));
  CHECK(counts_up(tensor));
  CHECK(first == 1);
  CHECK(second == 0);
  tensor.keep();
  tensor.give_back();
  CHECK(counts_up(tensor));
  CHECK(first == 1);
}

TEST_CASE("Memory that somebody holds stays where it is") {
  int restored = 0;
  const Tensor tensor = Tensor::of<float>({3}, {1, 2, 3});
  const auto memory = tensor.memory();
  const auto* const values = reinterpret_cast<const float*>(memory->data());
  tensor.give_back(counting_up(restored));
  CHECK(values[2] == 3);
  CHECK(counts_up(tensor));
  CHECK(restored == 1);
  CHECK(tensor.span<float>().data() != values);
}

TEST_CASE("a tensor may be as large as 32-bit pointers span, and no larger") {
  constexpr int64_t kLargest = (int64_t{1} << 31) - 1;
  CHECK(is_addressable({kLargest}, 1));
  CHECK_FALSE(is_addressable({kLargest + 1}, 1));
  CHECK(is_addressable({1 << 15, 1 << 14}, 4 - 1));
  CHECK_FALSE(is_addressable({1 << 15, 1 << 14}, 4));
  CHECK(is_addressable({kDynamic, kLargest}, 1));
  // A dimension of 0 does not hide the others.
  CHECK_FALSE(is_addressable({0, kLargest, 2}, 1));
  CHECK_FALSE(is_addressable({std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::max()}, 8));
  CHECK_THROWS_AS(Tensor(DType::f32, {int64_t{1} << 62, 0, int64_t{1} << 62}), Error);
}

}  // namespace octavo
