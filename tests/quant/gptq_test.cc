#include "quant/gptq.h"

#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "support/json_fixture.h"
#include "support/random_data.h"

using namespace octavo;
using namespace octavo::test;

namespace {

TensorView view_of(const std::vector<float>& values, Shape shape) {
  return {DType::f32, std::move(shape), reinterpret_cast<std::byte*>(const_cast<float*>(values.data()))};
}

Gram gram_of(const std::vector<float>& rows, int64_t depth) {
  Gram gram(1, depth);
  gram.add(view_of(rows, {std::ssize(rows) / depth, depth}), {});
  gram.finish({});
  return gram;
}

std::vector<float> flat(const Json& rows) {
  std::vector<float> all;
  for (const Json& row : rows)
    for (float value : to_floats(row)) all.push_back(value);
  return all;
}

}  // namespace

TEST_CASE("a gram sums the products of all rows and the rows, however many come at a time") {
  Random random(7);
  for (const auto& [groups, depth, runs, count] : {std::array<int64_t, 4>{1, 1, 1, 1},
                                                   {1, 5, 3, 200},
                                                   {1, 70, 2, 300},
                                                   {3, 9, 5, 40},
                                                   {40, 130, 2, 50}}) {
    Gram gram(groups, depth);
    std::vector<double> sums(groups * depth * depth), means(groups * depth);
    for (int run = 0; run < runs; ++run) {
      const Tensor rows = random.floats({groups, count, depth}, -1, 2);
      gram.add(rows.view(), {});
      for (int g = 0; g < groups; ++g)
        for (int r = 0; r < count; ++r) {
          const float* const x = rows.span<float>().data() + (g * count + r) * depth;
          for (int i = 0; i < depth; ++i) {
            means[g * depth + i] += static_cast<double>(x[i]) / runs / count;
            for (int k = 0; k < depth; ++k)
              sums[(g * depth + i) * depth + k] += static_cast<double>(x[i]) * static_cast<double>(x[k]);
          }
        }
    }
    gram.finish({});
    REQUIRE(gram.rows() == runs * count);
    for (int g = 0; g < groups; ++g)
      for (int i = 0; i < depth; ++i) {
        REQUIRE(std::abs(gram.mean(g, i) - means[g * depth + i]) < 1e-5);
        for (int k = 0; k <= i; ++k)
          REQUIRE(std::abs(gram.product(g, i, k) - sums[(g * depth + i) * depth + k]) < 1e-3);
      }
  }
}

// tools/fixtures/gptq.py
TEST_CASE("weights are rounded to the integers of GPTQ") {
  for (const Json& test : read_json_fixture("gptq.json")["cases"]) {
    const std::vector<float> x = flat(test["x"]), weights = flat(test["weights"]);
    const auto n = static_cast<int>(test["weights"].size()), k = static_cast<int>(test["weights"][0].size());
    const int qmax = test["qmax"];
    QParams qparams{.scale = to_floats(test["scale"]),
                    .zero_point = std::vector<int32_t>(n),
                    .axis = 0,
                    .qmin = -qmax,
                    .qmax = qmax};
    RoundingErrors errors;
    const auto integers = round_gptq(gram_of(x, k), kernels::weights_nk(weights.data(), n, k), {n, k},
                                     qparams, Threads(), errors);
    REQUIRE(integers.has_value());
    REQUIRE(integers->shape() == Shape{n, k});
    REQUIRE(errors.chosen < errors.nearest);
    const auto got = integers->span<int8_t>();
    int same = 0;
    for (int i = 0; i < n * k; ++i) same += got[i] == test["integers"][i / k][i % k].get<int>();
    CAPTURE(n, k, qmax);
    REQUIRE(same == n * k);

    // The other way round in memory.
    std::vector<float> transposed(weights.size());
    for (int row = 0; row < n; ++row)
      for (int column = 0; column < k; ++column) transposed[column * n + row] = weights[row * k + column];
    qparams.axis = 1;
    const auto other = round_gptq(gram_of(x, k), kernels::weights_kn(transposed.data(), k, n), {k, n},
                                  qparams, Threads(), errors);
    for (int row = 0; row < n; ++row)
      for (int column = 0; column < k; ++column)
        REQUIRE(other->span<int8_t>()[column * n + row] == got[row * k + column]);
  }
}

TEST_CASE("where inputs have nothing to do with one another, rounding to the nearest is as good") {
  const std::vector<float> x{1, 0, 0, 0, 2, 0, 0, 0, 0}, weights{0.4f, 1.6f, -2.2f};
  const QParams qparams{.scale = {1}, .zero_point = {0}, .qmin = -127, .qmax = 127};
  RoundingErrors errors;
  REQUIRE_FALSE(round_gptq(gram_of(x, 3), kernels::weights_nk(weights.data(), 1, 3), {1, 3}, qparams,
                           Threads(), errors));
  REQUIRE(errors.chosen == errors.nearest);
}
