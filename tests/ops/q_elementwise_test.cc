#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "ops/lookup.h"
#include "support/conv_reference.h"
#include "support/op_runner.h"
#include "support/random_data.h"
#include "support/requantize_reference.h"

namespace octavo {
namespace {

using test::error_of;
using test::Ints;
using test::OpRunner;

Tensor copy(const Tensor& t) { return Tensor::of<uint8_t>(t.shape(), t.span<uint8_t>()); }

// The element of `operand` that numpy's broadcasting puts beside element `index` of `out`.
int64_t broadcast_index(const Shape& operand, const Shape& out, int64_t index) {
  int64_t at = 0, stride = 1;
  for (int i = 1; i <= out.rank(); ++i) {
    const int64_t position = index % out[out.rank() - i];
    index /= out[out.rank() - i];
    if (i > operand.rank()) continue;
    const int64_t dim = operand[operand.rank() - i];
    at += dim == 1 ? 0 : position * stride;
    stride *= dim;
  }
  return at;
}

void check_binary(const Shape& a_shape, const Shape& b_shape, uint64_t seed) {
  INFO(to_string(a_shape) << " and " << to_string(b_shape));
  test::Random random(seed);
  const auto params = [&] {
    return test::u8_qparams(random.real(0.01f, 0.2f), static_cast<int32_t>(random.integer(0, 255)));
  };
  const QParams a = params(), b = params();
  QParams y = params();
  y.scale[0] *= 3;
  const Tensor x0 = random.integers<uint8_t>(a_shape, 0, 255), x1 = random.integers<uint8_t>(b_shape, 0, 255);
  const auto run = [&](const char* op) {
    OpRunner runner(op);
    QParams narrowed = y;
    narrowed.qmin = 10;
    narrowed.qmax = 240;
    runner.input(copy(x0)).input_qparams(a).input(copy(x1)).input_qparams(b);
    return runner.output_qparams(narrowed).run1();
  };
  const Tensor sum = run("octavo.QAdd"), product = run("octavo.QMul");
  const Shape out = broadcast_shapes(a_shape, b_shape);
  REQUIRE(sum.shape() == out);
  y.qmin = 10;
  y.qmax = 240;
  const float ma = test::multiplier(a.scale[0], 1, y.scale[0]),
              mb = test::multiplier(b.scale[0], 1, y.scale[0]);
  const float m = test::multiplier(a.scale[0], b.scale[0], y.scale[0]);
  for (int64_t i = 0; i < out.elements(); ++i) {
    const int da = x0.span<uint8_t>()[broadcast_index(a_shape, out, i)] - a.zero_point[0];
    const int db = x1.span<uint8_t>()[broadcast_index(b_shape, out, i)] - b.zero_point[0];
    const float scaled_a = static_cast<float>(da) * ma, scaled_b = static_cast<float>(db) * mb;
    REQUIRE(sum.span<uint8_t>()[i] == test::round_to_u8(scaled_a + scaled_b, y));
    REQUIRE(product.span<uint8_t>()[i] == test::requantize(da * db, m, y));
  }
}

TEST_CASE("octavo.QAdd and octavo.QMul equal their scalar equations", "[ops][q_eltwise]") {
  uint64_t seed = 0;
  for (int64_t n = 1; n < 50; ++n) check_binary({n}, {n}, ++seed);
  const std::pair<Shape, Shape> shapes[] = {
      {{2, 5, 6, 24}, {2, 5, 6, 24}}, {{2, 5, 6, 24}, {24}},  {{2, 5, 6, 17}, {2, 1, 1, 17}},
      {{2, 1, 1, 40}, {2, 5, 6, 40}}, {{2, 3, 7}, {}},        {{1}, {4, 33}},
      {{2, 3, 5, 7}, {2, 3, 1, 1}},   {{4, 1, 3}, {1, 5, 1}}, {{0, 4}, {4}},
  };
  for (const auto& [a, b] : shapes) check_binary(a, b, ++seed);
}

TEST_CASE("octavo.QAdd and octavo.QMul round ties to even", "[ops][q_eltwise]") {
  std::vector<uint8_t> all(256);
  for (int i = 0; i < 256; ++i) all[i] = static_cast<uint8_t>(i);
  const auto run = [&](const char* op) {
    OpRunner runner(op);
    runner.input(Tensor::of<uint8_t>({256}, all)).input_qparams(test::u8_qparams(0.5f, 0));
    runner.input(Tensor::of<uint8_t>({1}, {1})).input_qparams(test::u8_qparams(1, op[8] == 'A' ? 1 : 0));
    return runner.output_qparams(test::u8_qparams(1, 0)).run1();
  };
  for (const char* op : {"octavo.QAdd", "octavo.QMul"}) {
    const Tensor y = run(op);
    for (int i = 0; i < 256; ++i) REQUIRE(y.span<uint8_t>()[i] == std::nearbyint(i * 0.5));
  }
}

TEST_CASE("octavo.QAdd refuses integers without one usable meaning", "[ops][q_eltwise]") {
  const auto error = [](QParams a, QParams y) {
    return error_of([&] {
      OpRunner runner("octavo.QAdd");
      runner.input(Tensor::of<uint8_t>({1}, {1})).input_qparams(std::move(a));
      runner.input(Tensor::of<uint8_t>({1}, {1})).input_qparams(test::u8_qparams(1, 0));
      runner.output_qparams(std::move(y)).run();
    });
  };
  CHECK(error(test::u8_qparams(1, 0), test::u8_qparams(1, 0)).empty());
  CHECK(error(test::u8_qparams(1, 0, 0, 300), test::u8_qparams(1, 0)).find("integers 0 to 300") !=
        std::string::npos);
  CHECK(error({.scale = {1, 2}, .zero_point = {0, 0}, .axis = 0}, test::u8_qparams(1, 0)).find("one scale") !=
        std::string::npos);
}

TEST_CASE("octavo.QConcat rescales inputs that mean something else", "[ops][q_concat]") {
  test::Random random(5);
  const QParams out = test::u8_qparams(0.05f, 100, 0, 250);
  const QParams in[] = {test::u8_qparams(0.05f, 100, 0, 250), test::u8_qparams(0.031f, 7),
                        test::u8_qparams(0.4f, 255)};
  for (const int axis : {0, 1, 2, -1}) {
    OpRunner runner("octavo.QConcat");
    runner.output_qparams(out);
    if (axis >= 0) runner.attr("axis", int64_t{axis});  // as Concat, along the last axis otherwise
    std::vector<Tensor> parts;
    Shape shape{3, 4, 5}, out_shape = shape;
    out_shape[axis < 0 ? 2 : axis] = 0;
    for (int i = 0; i < 3; ++i) {
      shape[axis < 0 ? 2 : axis] = i + 2;
      out_shape[axis < 0 ? 2 : axis] += i + 2;
      parts.push_back(random.integers<uint8_t>(shape, 0, 250));
      runner.input(copy(parts.back())).input_qparams(in[i]);
    }
    const Tensor y = runner.run1();
    REQUIRE(to_string(y.shape()) == to_string(out_shape));
    const int a = axis < 0 ? 2 : axis;
    const int64_t inner = out_shape.elements(a + 1, 3);
    for (int64_t i = 0; i < y.shape().elements(); ++i) {
      int64_t along = i / inner % out_shape[a];
      int part = 0;
      while (along >= part + 2) along -= part++ + 2;
      const int64_t at = (i / inner / out_shape[a] * (part + 2) + along) * inner + i % inner;
      const int q = parts[part].span<uint8_t>()[at];
      const float scaled =
          static_cast<float>(q - in[part].zero_point[0]) * (in[part].scale[0] / out.scale[0]);
      REQUIRE(y.span<uint8_t>()[i] == (part == 0 ? q : test::round_to_u8(scaled, out)));
    }
  }
}

TEST_CASE("octavo.QConcat names the shapes that do not fit", "[ops][q_concat]") {
  Attrs attrs;
  attrs.set("axis", int64_t{1});
  const auto error = [&](Shape a, Shape b) {
    return error_of([&] { test::infer_op("octavo.QConcat", {{DType::u8, a}, {DType::u8, b}}, attrs); });
  };
  CHECK(error({1, 2, 3}, {1, 5, 3}).empty());
  CHECK(error({1, 2, 3}, {1, 5, 4}) ==
        "InvalidGraph: shapes [1,2,3] and [1,5,4] differ along other axes than 1");
  CHECK(error({1, 2, 3}, {1, 5}).find("differ") != std::string::npos);
}

TEST_CASE("octavo.Lookup applies a function through its table", "[ops][lookup]") {
  const QParams in = test::u8_qparams(0.05f, 128), out = test::u8_qparams(1.0f / 255, 0);
  const auto sigmoid = [](float x) { return 1 / (1 + std::exp(-x)); };
  test::Random random(6);
  const Tensor x = random.integers<uint8_t>({3, 67}, 0, 255);
  OpRunner runner("octavo.Lookup");
  const Tensor y = runner.input(copy(x)).constant(make_table(in, out, sigmoid)).run1();
  for (int64_t i = 0; i < x.shape().elements(); ++i) {
    const float value = sigmoid(static_cast<float>(x.span<uint8_t>()[i] - 128) * 0.05f);
    REQUIRE(y.span<uint8_t>()[i] == test::round_to_u8(value / out.scale[0], out));
  }
}

TEST_CASE("a table holds NaN as zero_point and saturates infinities", "[ops][lookup]") {
  const QParams in = test::u8_qparams(1, 1), out = test::u8_qparams(0.1f, 50, 10, 200);
  const Tensor table = make_table(in, out, [](float x) { return std::sqrt(x - 1) / (x - 2); });
  CHECK(table.span<uint8_t>()[0] == 50);   // sqrt(-2): NaN
  CHECK(table.span<uint8_t>()[3] == 200);  // 1 / 0: infinite
  CHECK(table.span<uint8_t>()[2] == 50);   // 0
  CHECK(error_of([&] {
          OpRunner("octavo.Lookup").input(Tensor(DType::u8, {2})).constant(Tensor(DType::u8, {255})).run();
        }) == "InvalidGraph: the table has the shape [255]");
}

TEST_CASE("octavo.QAveragePool equals exact sums", "[ops][q_average_pool]") {
  test::Random random(7);
  const QParams in = test::u8_qparams(0.043f, 77), out = test::u8_qparams(0.031f, 60);
  for (const int64_t channels : {1, 16, 21})
    for (const bool count_padding : {false, true})
      for (const bool last : {false, true}) {
        constexpr int64_t h = 7, w = 6, k = 3, stride = 2, pad = 1, oh = 4, ow = 3;
        const Tensor x = random.integers<uint8_t>({2, channels, h, w}, 0, 255);
        Tensor expected(DType::u8, {2, channels, oh, ow});
        for (int64_t i = 0; i < expected.shape().elements(); ++i) {
          const int64_t plane = i / (oh * ow), oy = i / ow % oh, ox = i % ow;
          int32_t sum = 0;
          int64_t count = 0;
          for (int64_t y = oy * stride - pad; y < oy * stride - pad + k; ++y)
            for (int64_t z = ox * stride - pad; z < ox * stride - pad + k; ++z) {
              if (y >= h + pad || z >= w + pad) continue;
              const bool inside = y >= 0 && y < h && z >= 0 && z < w;
              if (inside) sum += x.span<uint8_t>()[(plane * h + y) * w + z] - in.zero_point[0];
              count += inside || count_padding;
            }
          const float multiplier = in.scale[0] / out.scale[0] / static_cast<float>(count);
          expected.span<uint8_t>()[i] = test::requantize(sum, multiplier, out);
        }
        OpRunner runner("octavo.QAveragePool");
        runner.attr("kernel_shape", Ints{k, k})
            .attr("strides", Ints{stride, stride})
            .attr("pads", Ints(4, pad));
        runner.attr("count_include_pad", int64_t{count_padding}).channels_last(last);
        runner.input(last ? test::channels_last<uint8_t>(x) : copy(x)).input_qparams(in).output_qparams(out);
        const Tensor y = runner.run1();
        CHECK(test::values<uint8_t>(y) ==
              test::values<uint8_t>(last ? test::channels_last<uint8_t>(expected) : copy(expected)));
      }
}

TEST_CASE("octavo.QGlobalAveragePool equals exact sums", "[ops][q_average_pool]") {
  test::Random random(8);
  const QParams in = test::u8_qparams(0.043f, 77), out = test::u8_qparams(0.02f, 90, 90, 127);
  for (const bool last : {false, true}) {
    const Tensor x = random.integers<uint8_t>({2, 37, 7, 5}, 0, 255);
    OpRunner runner("octavo.QGlobalAveragePool");
    runner.channels_last(last);
    runner.input(last ? test::channels_last<uint8_t>(x) : copy(x)).input_qparams(in).output_qparams(out);
    const Tensor y = runner.run1();
    for (int64_t plane = 0; plane < 74; ++plane) {
      int32_t sum = 0;
      for (const uint8_t q : x.span<uint8_t>().subspan(plane * 35, 35)) sum += q - in.zero_point[0];
      REQUIRE(y.span<uint8_t>()[plane] == test::requantize(sum, in.scale[0] / out.scale[0] / 35.0f, out));
    }
  }
}

}  // namespace
}  // namespace octavo
