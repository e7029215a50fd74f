#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <limits>

#include "ops/elements.h"
#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

namespace {

// TensorProto.DataType of a dtype.
int64_t data_type(DType dtype) {
  constexpr std::pair<DType, int64_t> kTypes[] = {
      {DType::f32, 1},  {DType::u8, 2},   {DType::s8, 3},      {DType::u16, 4},  {DType::s16, 5},
      {DType::s32, 6},  {DType::s64, 7},  {DType::boolean, 9}, {DType::f64, 11}, {DType::u32, 12},
      {DType::u64, 13}, {DType::f16, 10}, {DType::bf16, 16}};
  for (const auto& [candidate, type] : kTypes)
    if (candidate == dtype) return type;
  return 0;
}

template <class To, class From> std::vector<To> cast(std::vector<From> x) {
  Tensor tensor(dtype_of<From>, {static_cast<int64_t>(x.size())});
  std::copy(x.begin(), x.end(), tensor.span<From>().begin());
  return values<To>(OpRunner("Cast").attr("to", data_type(dtype_of<To>)).input(std::move(tensor)).run1());
}

}  // namespace

TEST_CASE("Cast between every two dtypes keeps small numbers") {
  constexpr DType kAll[] = {DType::f32,     DType::f64, DType::s8,  DType::u8,  DType::s16,
                            DType::u16,     DType::s32, DType::u32, DType::s64, DType::u64,
                            DType::boolean, DType::f16, DType::bf16};
  for (DType from : kAll)
    for (DType to : kAll) {
      CAPTURE(dtype_name(from), dtype_name(to));
      // More elements than a chunk.
      Tensor x(from, {600});
      std::vector<double> small(600);
      for (std::size_t i = 0; i < small.size(); ++i) small[i] = static_cast<double>(i % 100);
      store_elements(small.data(), x.view(), 0, 600);
      OpRunner op("Cast");
      op.attr("to", data_type(to)).input(std::move(x));
      CHECK(op.is_view() == (from == to));
      const Tensor y = op.run1();
      REQUIRE(y.dtype() == to);
      const bool is_bool = from == DType::boolean || to == DType::boolean;
      std::vector<double> result(600);
      load_elements(y.view(), 0, 600, result.data());
      if (is_bool)
        for (double& number : small) number = number != 0;
      REQUIRE(result == small);
    }
}

TEST_CASE("Casting floats to integers truncates, saturates and turns NaN into 0") {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const std::vector<float> x = {1.9f, -1.9f, 300, -300, 1e30f, -kInfinity, std::nanf("")};
  CHECK(cast<int8_t>(x) == std::vector<int8_t>{1, -1, 127, -128, 127, -128, 0});
  CHECK(cast<uint8_t>(x) == std::vector<uint8_t>{1, 0, 255, 0, 255, 0, 0});
  CHECK(cast<int32_t>(x) == std::vector<int32_t>{1, -1, 300, -300, INT32_MAX, INT32_MIN, 0});
  CHECK(cast<int64_t>(x) == Ints{1, -1, 300, -300, INT64_MAX, INT64_MIN, 0});
  CHECK(cast<uint64_t>(x) == std::vector<uint64_t>{1, 0, 300, 0, UINT64_MAX, 0, 0});
  CHECK(cast<bool>(std::vector<float>{0, -0.0f, 0.25f, std::nanf("")}) ==
        std::vector<bool>{false, false, true, true});
}

TEST_CASE("Casting integers keeps low bits, and signs on the way to floats") {
  CHECK(cast<int8_t>(Ints{300, -129}) == std::vector<int8_t>{44, 127});
  CHECK(cast<uint8_t>(Ints{-1, 256}) == std::vector<uint8_t>{255, 0});
  CHECK(cast<uint64_t>(Ints{-1}) == std::vector<uint64_t>{UINT64_MAX});
  CHECK(cast<float>(std::vector<uint64_t>{UINT64_MAX, 3}) == std::vector<float>{18446744073709551616.0f, 3});
  CHECK(cast<float>(Ints{-7, 1 << 24}) == std::vector<float>{-7, 16777216});
  CHECK(cast<bool>(Ints{0, 256, -1}) == std::vector<bool>{false, true, true});
}

TEST_CASE("Any byte but 0 is true") {
  Tensor x(DType::boolean, {3});
  x.span<uint8_t>()[0] = 0;
  x.span<uint8_t>()[1] = 1;
  x.span<uint8_t>()[2] = 2;
  const Tensor y = OpRunner("Cast").attr("to", 1).input(std::move(x)).run1();
  CHECK(y.span<float>()[0] == 0);
  CHECK(y.span<float>()[2] != 0);
}

TEST_CASE("Cast rejects types that Octavo lacks") {
  Attrs attrs;
  attrs.set("to", 8);
  CHECK(error_of([&] { infer_op("Cast", {{DType::f32, Shape{2}}}, attrs); }) ==
        "Unsupported: data type 8 of attribute 'to' is not supported");
}

TEST_CASE("CastLike has the type of its second input, whose shape does not matter") {
  const Tensor y = OpRunner("CastLike")
                       .attr("saturate", int64_t{1})
                       .input(Tensor::of<float>({3}, {1.9f, -1.9f, 300}))
                       .input(Tensor(DType::s8, {0, 2}))
                       .run1();
  CHECK(values<int8_t>(y) == std::vector<int8_t>{1, -1, 127});
  OpRunner same("CastLike");
  CHECK(same.input(Tensor::of<float>({1}, {2})).input(Tensor::scalar(0.0f)).is_view());
  CHECK(infer_op("CastLike", {{DType::f32, Shape{kDynamic}}, {DType::s64, Shape{2}}})[0].dtype == DType::s64);
}
