// The bias of an integer operator: its zero point, its unit and the room that it leaves the products.
#include "ops/integer_bias.h"

#include <catch2/catch_test_macros.hpp>
#include <limits>

#include "kernels/epilogue.h"
#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

namespace {

constexpr float kSmallest = std::numeric_limits<float>::min();

// Of an int32 bias with one scale; input and weights have the scales 0.5 and 1.
std::vector<int32_t> units(int32_t bias, float scale, int32_t zero_point, int64_t depth = 1) {
  const Tensor tensor = Tensor::of<int32_t>({1}, {bias});
  const QParams qparams{.scale = {scale}, .zero_point = {zero_point}};
  const auto converted = integer_bias({tensor, &qparams}, {0.5f, {1}, 1, depth, 0.25f});
  return converted ? values<int32_t>(*converted) : std::vector<int32_t>{};
}

// Of a float32 bias.
std::vector<int32_t> float_units(float bias, float input_scale, float weight_scale,
                                 float tolerance = 1.5e38f) {
  const Tensor tensor = Tensor::of<float>({1}, {bias});
  const auto converted = integer_bias({tensor, nullptr}, {input_scale, {weight_scale}, 1, 1, tolerance});
  return converted ? values<int32_t>(*converted) : std::vector<int32_t>{};
}

}  // namespace

TEST_CASE("The zero point of a bias counts, in 64 bits") {
  CHECK(units(0, 0.5f, 100) == std::vector<int32_t>{-100});
  CHECK(units(7, 0.25f, -3) == std::vector<int32_t>{5});
  CHECK(units(std::numeric_limits<int32_t>::max(), 0.5f, std::numeric_limits<int32_t>::max()) ==
        std::vector<int32_t>{0});
  CHECK(units(std::numeric_limits<int32_t>::min(), 0.5f, std::numeric_limits<int32_t>::max()).empty());
}

TEST_CASE("A bias has the room that the products leave it") {
  for (int64_t depth : {int64_t{1}, int64_t{60'000}, int64_t{kernels::max_reduction}}) {
    const int32_t limit = kernels::max_bias(depth);
    CHECK(int64_t{limit} + 255 * 128 * depth == std::numeric_limits<int32_t>::max());
    CHECK(units(limit, 0.5f, 0, depth) == std::vector<int32_t>{limit});
    CHECK(units(-limit, 0.5f, 0, depth) == std::vector<int32_t>{-limit});
    CHECK(units(limit, 0.5f, -1, depth).empty());
    CHECK(units(-limit, 0.5f, 1, depth).empty());
  }
}

TEST_CASE("Units of a bias that float32 cannot hold") {
  CHECK(float_units(1e-36f, 1e-20f, 1e-20f) == std::vector<int32_t>{10'000});
  CHECK(float_units(1e-44f, 1e-30f, 1e-16f).size() == 1);  // a subnormal bias in subnormal units
  CHECK(float_units(1, 1e-30f, 1e-30f).empty());
  CHECK(float_units(1e38f, 1e20f, 1e20f) == std::vector<int32_t>{0});  // where so much is tolerated
  CHECK(float_units(3e38f, 1e20f, 1e20f, 1e30f).empty());
  CHECK(float_units(std::numeric_limits<float>::quiet_NaN(), 1, 1).empty());
  CHECK(float_units(-std::numeric_limits<float>::infinity(), 1, 1).empty());
  CHECK(float_units(kSmallest, kSmallest, 1) == std::vector<int32_t>{1});
}

TEST_CASE("A bias that its unit would round away has no integer form") {
  CHECK(float_units(36, 0x1p100f, 0.5f, 0.25f).empty());
  CHECK(float_units(0.75f, 1, 1, 0.25f) == std::vector<int32_t>{1});
  CHECK(float_units(0.75f, 1, 1, 0.125f).empty());
  CHECK(float_units(2, 1, 1, 1e-3f) == std::vector<int32_t>{2});
}

TEST_CASE("A bias without a value for each channel has no integer form") {
  const Tensor bias = Tensor::of<int32_t>({1, 3}, {1, 2, 3});
  const QParams one{.scale = {1}, .zero_point = {0}}, two{.scale = {1, 1}, .zero_point = {0, 0}, .axis = 0};
  CHECK(values<int32_t>(*integer_bias({bias, &one}, {1, {1, 0.5f, 2}, 3, 1, 2})) ==
        std::vector<int32_t>{1, 4, 2});
  CHECK_FALSE(integer_bias({bias, &one}, {1, {1}, 2, 1, 1}).has_value());
  CHECK_FALSE(integer_bias({bias, &two}, {1, {1}, 3, 1, 1}).has_value());
  CHECK_FALSE(integer_bias({bias, &one}, {1, {1, 1}, 3, 1, 1}).has_value());
  CHECK_FALSE(integer_bias({bias, nullptr}, {1, {1}, 3, 1, 1}).has_value());
}
