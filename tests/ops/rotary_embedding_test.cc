#include <catch2/catch_test_macros.hpp>

#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

namespace {

// Quarter turns by position: cos and sin of 0, 90, 180 degrees, the same for each pair.
OpRunner turned(Tensor x, int64_t half, const Ints& ids) {
  OpRunner op("RotaryEmbedding");
  Tensor cos(DType::f32, {3, half}), sin(DType::f32, {3, half});
  for (int64_t i = 0; i < 3 * half; ++i) {
    cos.span<float>()[i] = float(1 - i / half);
    sin.span<float>()[i] = float(i / half == 1);
  }
  op.input(std::move(x)).input(std::move(cos)).input(std::move(sin));
  op.input(Tensor::of<int64_t>({1, static_cast<int64_t>(ids.size())}, std::span<const int64_t>(ids)));
  return op;
}

}  // namespace

TEST_CASE("RotaryEmbedding turns halves, or neighbours") {
  const auto x = [] { return iota<float>({1, 1, 3, 4}, 1); };
  CHECK(values<float>(turned(x(), 2, {0, 1, 2}).run1()) ==
        std::vector<float>{1, 2, 3, 4, -7, -8, 5, 6, -9, -10, -11, -12});
  CHECK(values<float>(turned(x(), 2, {0, 1, 1}).attr("interleaved", 1).run1()) ==
        std::vector<float>{1, 2, 3, 4, -6, 5, -8, 7, -10, 9, -12, 11});
}

TEST_CASE("RotaryEmbedding of 3 axes, of a part of each head, and by caches of their own") {
  // Two tokens of two heads: [1, 2, 3] and [4, 5, 6], …
  const Tensor y = turned(iota<float>({1, 2, 6}, 1), 1, {1, 2})
                       .attr("num_heads", 2)
                       .attr("rotary_embedding_dim", 2)
                       .run1();
  CHECK(values<float>(y) == std::vector<float>{-2, 1, 3, -5, 4, 6, -7, -8, 9, -10, -11, 12});
  const Tensor own = OpRunner("RotaryEmbedding")
                         .input(iota<float>({2, 1, 1, 2}, 1))
                         .input(Tensor::of<float>({2, 1, 1}, {1, 0}))
                         .input(Tensor::of<float>({2, 1, 1}, {0, 1}))
                         .run1();
  CHECK(values<float>(own) == std::vector<float>{1, 2, -4, 3});
}

TEST_CASE("RotaryEmbedding refuses positions and shapes that are not there") {
  CHECK(error_of([] { turned(iota<float>({1, 1, 1, 2}), 1, {3}).run(); }) ==
        "InvalidInput: position 3 is outside axis 0 of the cache [3,1]");
  CHECK(error_of([] { turned(iota<float>({1, 1, 1, 2}), 1, {-1}).run(); }).starts_with("InvalidInput"));
  CHECK(error_of([] { turned(iota<float>({1, 1, 1, 3}), 1, {0}).run(); }) ==
        "InvalidGraph: cannot turn 3 of 3 elements in pairs");
  CHECK(error_of([] { turned(iota<float>({1, 1, 1, 4}), 2, {0}).attr("rotary_embedding_dim", -1).run(); }) ==
        "InvalidGraph: cannot turn -1 of 4 elements in pairs");
  CHECK(error_of([] { turned(iota<float>({1, 1, 1, 4}), 1, {0}).run(); }) ==
        "InvalidGraph: cache [3,1] does not fit input [1,1,1,4]");
  CHECK(error_of([] { turned(iota<float>({1, 1, 4}), 2, {0}).run(); }) ==
        "InvalidGraph: [1,1,4] has no 0 heads");
}
