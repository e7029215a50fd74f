#include <catch2/catch_test_macros.hpp>

#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

TEST_CASE(
    "ReverseSequence, with the batch first or second; a length of 0 or 1 leaves its sequence as it is") {
  const auto reverse = [](int batch_axis, std::initializer_list<int64_t> lengths, Shape shape) {
    return OpRunner("ReverseSequence")
        .attr("batch_axis", batch_axis)
        .attr("time_axis", 1 - batch_axis)
        .input(iota<int16_t>(shape))
        .input(Tensor::of<int64_t>({static_cast<int64_t>(lengths.size())}, lengths))
        .run1();
  };
  using Values = std::vector<int16_t>;
  CHECK(values<int16_t>(reverse(0, {2, 3, 0}, {3, 3})) == Values{1, 0, 2, 5, 4, 3, 6, 7, 8});
  CHECK(values<int16_t>(reverse(1, {3, 1}, {3, 2})) == Values{4, 1, 2, 3, 0, 5});
  CHECK(values<int16_t>(reverse(0, {2}, {1, 2, 2})) == Values{2, 3, 0, 1});
  for (int64_t length : {-1, 4})
    CHECK(error_of([&] { reverse(0, {length}, {1, 3}); }) ==
          text("InvalidInput: length {} of sequence 0 is outside shape [1,3]", length));
  CHECK(error_of([&] { reverse(0, {1, 1}, {1, 3}); }) == "InvalidGraph: has 2 lengths, but a batch of 1");
  CHECK(error_of([&] { reverse(2, {1}, {1, 3}); }) ==
        "InvalidGraph: batch_axis and time_axis are 2 and -1, not 0 and 1");
}
