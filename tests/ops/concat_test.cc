#include <catch2/catch_test_macros.hpp>

#include "support/transposed.h"

using namespace octavo;
using namespace octavo::test;

TEST_CASE("Concat along any axis, of any dtype") {
  const auto a = [] { return Tensor::of<int64_t>({2, 2}, {1, 2, 3, 4}); };
  const auto b = [] { return Tensor::of<int64_t>({1, 2}, {5, 6}); };
  const Tensor rows = OpRunner("Concat").attr("axis", 0).input(a()).input(b()).run1();
  CHECK(rows.shape() == Shape{3, 2});
  CHECK(values<int64_t>(rows) == Ints{1, 2, 3, 4, 5, 6});
  const Tensor columns = OpRunner("Concat")
                             .attr("axis", -1)
                             .input(Tensor::of<uint8_t>({2, 1}, {1, 2}))
                             .input(Tensor::of<uint8_t>({2, 0}, {}))
                             .input(Tensor::of<uint8_t>({2, 2}, {3, 4, 5, 6}))
                             .run1();
  CHECK(columns.shape() == Shape{2, 3});
  CHECK(values<uint8_t>(columns) == std::vector<uint8_t>{1, 3, 4, 2, 5, 6});
  CHECK(values<int64_t>(OpRunner("Concat").attr("axis", 1).input(a()).run1()) == values<int64_t>(a()));
}

TEST_CASE("Concat follows a permutation") {
  std::vector<Tensor> parts;
  parts.push_back(iota<float>({2, 3, 2, 4}));
  parts.push_back(iota<float>({2, 5, 2, 4}, 100));
  CHECK(follows_permutation(OpRunner("Concat").attr("axis", 1), parts, kChannelsLast, [](OpRunner&) {}));
  CHECK(follows_permutation(OpRunner("Concat").attr("axis", -3), parts, kChannelsLast, [](OpRunner&) {}));
}

TEST_CASE("Concat infers dynamic dimensions") {
  Attrs attrs;
  attrs.set("axis", 1);
  const auto infer = [&](Shape a, Shape b) {
    return *infer_op("Concat", {{DType::f32, std::move(a)}, {DType::f32, std::move(b)}}, attrs)[0].shape;
  };
  CHECK(infer({kDynamic, 3}, {2, 4}) == Shape{2, 7});
  CHECK(infer({2, kDynamic}, {2, 4}) == Shape{2, kDynamic});
}

TEST_CASE("Concat rejects what does not fit") {
  Attrs attrs;
  attrs.set("axis", 1);
  const auto error = [&](Operand a, Operand b) {
    return error_of([&] { infer_op("Concat", {std::move(a), std::move(b)}, attrs); });
  };
  CHECK(error({DType::f32, Shape{2, 3}}, {DType::f32, Shape{3, 3}}) ==
        "InvalidGraph: input 0 has shape [2,3] but input 1 has [3,3]");
  CHECK(error({DType::f32, Shape{2, 3}}, {DType::f32, Shape{2}}) ==
        "InvalidGraph: input 0 has shape [2,3] but input 1 has [2]");
  CHECK(error({DType::f32, Shape{2, 3}}, {DType::u8, Shape{2, 3}}) ==
        "InvalidGraph: input 0 is float32 but input 1 is uint8");
}
