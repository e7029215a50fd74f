#include <catch2/catch_test_macros.hpp>

#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

TEST_CASE("Split into the sizes of a list, along an axis from the back") {
  const auto parts = OpRunner("Split")
                         .attr("axis", -1)
                         .input(iota<int8_t>({2, 4}))
                         .input(Tensor::of<int64_t>({3}, {1, 0, 3}))
                         .outputs(3)
                         .run();
  CHECK(values<int8_t>(parts[0]) == std::vector<int8_t>{0, 4});
  CHECK(parts[1].shape() == Shape{2, 0});
  CHECK(values<int8_t>(parts[2]) == std::vector<int8_t>{1, 2, 3, 5, 6, 7});
}

TEST_CASE("Split into a number of parts, of which the last ones may be smaller") {
  const auto split = [](int64_t size, int64_t count) {
    std::vector<Ints> parts;
    for (const Tensor& part :
         OpRunner("Split").attr("num_outputs", count).input(iota<int64_t>({size})).outputs(count).run())
      parts.push_back(values<int64_t>(part));
    return parts;
  };
  CHECK(split(4, 2) == std::vector<Ints>{{0, 1}, {2, 3}});
  CHECK(split(7, 3) == std::vector<Ints>{{0, 1, 2}, {3, 4, 5}, {6}});
  CHECK(split(2, 4) == std::vector<Ints>{{0}, {1}, {}, {}});
}

TEST_CASE("Split where the last parts are not read, or little is known") {
  const auto first = OpRunner("Split").attr("num_outputs", 3).input(iota<float>({6})).run();
  CHECK(values<float>(first[0]) == std::vector<float>{0, 1});
  const auto unknown = infer_op("Split", {{DType::f32, Shape{kDynamic, 2}}, {DType::s64, Shape{2}}}, {}, 2);
  CHECK(*unknown[1].shape == Shape{kDynamic, 2});
  const Tensor sizes = Tensor::of<int64_t>({2}, {1, 4});
  CHECK(*infer_op("Split", {{DType::f32, Shape{kDynamic}}, Operand::of(sizes)}, {}, 2)[1].shape == Shape{4});
}

TEST_CASE("Split refuses sizes that do not fit") {
  const auto error = [](std::initializer_list<int64_t> sizes) {
    return error_of([&] {
      const Shape shape{static_cast<int64_t>(sizes.size())};
      OpRunner("Split").input(iota<float>({4})).input(Tensor::of<int64_t>(shape, sizes)).outputs(2).run();
    });
  };
  CHECK(error({1, 2}) == "InvalidGraph: the parts leave 1 elements of axis 0 of shape [4]");
  CHECK(error({1, 4}) == "InvalidGraph: a part of 4 does not fit axis 0 of shape [4]");
  CHECK(error({-1, 5}) == "InvalidGraph: a part of -1 does not fit axis 0 of shape [4]");
  CHECK(error({4}) == "InvalidGraph: has 1 parts, but 2 outputs");
  CHECK(error_of([] { OpRunner("Split").attr("num_outputs", 1).input(iota<float>({4})).outputs(2).run(); }) ==
        "InvalidGraph: num_outputs is 1, but there are 2 outputs");
}
