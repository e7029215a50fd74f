#include "quant/compare.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

#include <cmath>
#include <limits>
#include <vector>

#include "graph/op_def.h"
#include "passes/passes.h"
#include "quant/compare_layers.h"
#include "quant/distribution.h"
#include "support/graph_builder.h"
#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;
using Catch::Matchers::WithinRel;

namespace {

using Floats = std::vector<float>;
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

}  // namespace

TEST_CASE("equal tensors have cosine 1, infinite SQNR and no difference") {
  const TensorComparison same = compare_tensors(Floats{1, -2, 3}, Floats{1, -2, 3});
  CHECK_THAT(same.cosine, WithinRel(1.0, 1e-12));
  CHECK(std::isinf(same.sqnr_db));
  CHECK(same.max_abs == 0);
}

TEST_CASE("figures of a small difference") {
  const TensorComparison c = compare_tensors(Floats{3, 4}, Floats{3, 4.5f});
  CHECK_THAT(c.cosine, WithinRel(27 / (5 * std::sqrt(29.25)), 1e-12));
  CHECK_THAT(c.sqnr_db, WithinRel(20.0, 1e-12));  // 25 : 0.25
  CHECK_THAT(c.max_abs, WithinRel(0.5, 1e-12));
}

TEST_CASE("opposite, orthogonal and zero vectors") {
  CHECK_THAT(compare_tensors(Floats{1, 2}, Floats{-1, -2}).cosine, WithinRel(-1.0, 1e-12));
  CHECK(compare_tensors(Floats{1, 0}, Floats{0, 1}).cosine == 0);
  CHECK(compare_tensors(Floats{0, 0}, Floats{0, 0}).cosine == 1);
  const TensorComparison noise_only = compare_tensors(Floats{0, 0}, Floats{1, 0});
  CHECK(noise_only.cosine == 0);
  CHECK(noise_only.sqnr_db == -std::numeric_limits<double>::infinity());
  CHECK(std::isinf(compare_tensors(Floats{}, Floats{}).sqnr_db));
}

TEST_CASE("sums do not overflow float32") {
  const TensorComparison c = compare_tensors(Floats(4, 3e38f), Floats(4, -3e38f));
  CHECK_THAT(c.cosine, WithinRel(-1.0, 1e-12));
  CHECK_THAT(c.max_abs, WithinRel(2 * double(3e38f), 1e-12));
}

TEST_CASE("where elements lie, float and quantized") {
  const Floats reference = {-1, 0, 1, 2, 3, 31}, other = {-1, 0, 1, 2, 3, 4};
  const Distribution d = distribution_of(reference, other);
  CHECK(d.reference == ValueRange{-1, 31});
  CHECK(d.other == ValueRange{-1, 4});
  CHECK_THAT(d.clipped, WithinRel(1.0 / 6, 1e-12));
  // 32 parts of 1.
  for (int i = 0; i < 5; ++i) CHECK((d.reference_counts[i] == 1 && d.other_counts[i] == 1));
  CHECK((d.reference_counts[31] == 1 && d.other_counts[31] == 0 && d.other_counts[5] == 1));
  // Half a step beyond is none, of a range of 255 steps.
  CHECK(distribution_of(Floats{0, 255.4f}, Floats{0, 255}).clipped == 0);
  CHECK(distribution_of(Floats{0, 255.6f}, Floats{0, 255}).clipped == 0.5);
  CHECK(distribution_of(Floats{7, 7}, Floats{7, 7}).reference_counts[0] == 2);
  const float infinite = std::numeric_limits<float>::infinity();
  CHECK(distribution_of(Floats{-infinite, infinite}, Floats{1, 2}).clipped == 1);
  CHECK(distribution_of({}, {}).clipped == 0);
}

TEST_CASE("NaN shows in every figure, and lengths must agree") {
  const TensorComparison c = compare_tensors(Floats{1, kNan, 3}, Floats{1, 2, 3});
  CHECK(std::isnan(c.cosine));
  CHECK(std::isnan(c.sqnr_db));
  CHECK(std::isnan(c.max_abs));
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  CHECK(std::isnan(compare_tensors(Floats{kInfinity, 1}, Floats{kInfinity, 1}).max_abs));  // ∞ - ∞
  const TensorComparison infinite = compare_tensors(Floats{1, 2}, Floats{1, kInfinity});
  CHECK(infinite.sqnr_db == -std::numeric_limits<double>::infinity());
  CHECK(infinite.max_abs == std::numeric_limits<double>::infinity());
  CHECK(error_of([] {
          compare_tensors(Floats{1}, Floats{1, 2});
        }).starts_with("InvalidData: tensors of 1 and 2"));
}

TEST_CASE("layers compare where both are floats, whatever the graph says of them") {
  GraphBuilder b;
  const ValueId x = b.input("x", {2, 3}, DType::u8);
  b.output(b.node("Transpose", {x}));
  b.output(b.node("Cast", {x}, attrs({{"to", int64_t{1}}})));
  for (Value& value : b.graph.values) value.shape.reset();
  for (ValueId id : b.graph.outputs) b.graph[id].dtype = DType::f32;  // as a file may have it
  const Tensor tensor = Tensor::of<uint8_t>({2, 3}, {1, 2, 3, 4, 5, 6});
  const Feed feed{"x", &tensor};
  const auto layers = LayerComparer(b.graph, b.graph, {}).compare({&feed, 1});
  REQUIRE(layers.size() == 1);
  CHECK(layers[0].op == "Cast");
}

TEST_CASE("layers compare behind what has a shape that depends on data") {
  GraphBuilder b;
  const ValueId x = b.input("x", {2, 2});
  const ValueId places =
      b.node("Transpose", {b.node("NonZero", {x})}, attrs({{"perm", std::vector<int64_t>{1, 0}}}));
  b.output(b.node("Relu", {b.node("GatherND", {x, places})}));
  infer_shapes(b.graph);
  const Tensor tensor = Tensor::of<float>({2, 2}, {1, 0, -2, 3});
  const Feed feed{"x", &tensor};
  LayerComparer comparer(b.graph, b.graph, {});
  for (int again = 0; again < 2; ++again) {
    const auto layers = comparer.compare({&feed, 1});
    REQUIRE(layers.size() == 2);
    CHECK(layers[1].op == "Relu");
    CHECK(layers[1].comparison.max_abs == 0);
  }
}
