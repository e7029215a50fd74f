#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <limits>

#include "support/close.h"
#include "support/conv_reference.h"
#include "support/op_runner.h"
#include "support/random_data.h"

namespace octavo {
namespace {

using test::ConvCase;
using test::error_of;
using test::Ints;
using test::OpRunner;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

Tensor reference(const ConvCase& k, const Tensor& x, const Tensor& w, const Tensor* bias,
                 float lo = -kInfinity, float hi = kInfinity) {
  Tensor y(DType::f32, k.y_shape());
  k.for_each_output([&](int64_t index, int64_t b, int64_t o, int64_t oy, int64_t ox) {
    double sum = bias ? bias->span<float>()[o] : 0.0;
    k.for_each_term(b, o, oy, ox, [&](int64_t xi, int64_t wi) {
      sum += double(x.span<float>()[xi]) * w.span<float>()[wi];
    });
    y.span<float>()[index] = std::clamp(static_cast<float>(sum), lo, hi);
  });
  return y;
}

OpRunner conv(const ConvCase& k) {
  OpRunner runner("Conv");
  runner.attr("strides", Ints{k.stride_h, k.stride_w})
      .attr("dilations", Ints{k.dilation_h, k.dilation_w})
      .attr("pads", Ints(k.pads, k.pads + 4))
      .attr("group", k.groups);
  return runner;
}

void check(const ConvCase& k, uint64_t seed) {
  INFO("x " << to_string(k.x_shape()) << " w " << to_string(k.w_shape()) << " groups " << k.groups
            << " strides " << k.stride_h << ',' << k.stride_w << " dilations " << k.dilation_h << ','
            << k.dilation_w << " pads " << k.pads[0] << ',' << k.pads[1] << ',' << k.pads[2] << ','
            << k.pads[3]);
  test::Random random(seed);
  const Tensor x = random.floats(k.x_shape()), w = random.floats(k.w_shape()), bias = random.floats({k.oc});
  const Tensor expected = reference(k, x, w, &bias);
  const auto copy = [](const Tensor& t) { return Tensor::of<float>(t.shape(), t.span<float>()); };
  // Packed ahead of time and at run time, channels first and last.
  test::check_close(conv(k).input(copy(x)).constant(copy(w)).constant(copy(bias)).run1(), expected);
  test::check_close(conv(k).input(copy(x)).input(copy(w)).input(copy(bias)).run1(), expected);
  const Tensor last = conv(k)
                          .channels_last()
                          .input(test::channels_last<float>(x))
                          .constant(copy(w))
                          .constant(copy(bias))
                          .run1();
  test::check_close(last, test::channels_last<float>(expected));
}

TEST_CASE("Conv equals the naive loops", "[ops][conv]") {
  check({.c = 3, .h = 9, .w = 11, .oc = 5, .kh = 3, .kw = 3, .pads = {1, 1, 1, 1}}, 1);
  check({.n = 2, .c = 16, .h = 7, .w = 5, .oc = 24}, 2);
  check({.c = 3,
         .h = 12,
         .w = 10,
         .oc = 8,
         .kh = 3,
         .kw = 3,
         .stride_h = 2,
         .stride_w = 2,
         .pads = {0, 0, 1, 1}},
        3);
  check({.c = 4, .h = 8, .w = 8, .oc = 6, .kh = 2, .kw = 3, .dilation_h = 2, .dilation_w = 3, .groups = 2},
        4);
  check({.n = 2, .c = 8, .h = 6, .w = 6, .oc = 8, .kh = 3, .kw = 3, .pads = {1, 1, 1, 1}, .groups = 8}, 5);
  check({.c = 20,
         .h = 9,
         .w = 9,
         .oc = 20,
         .kh = 5,
         .kw = 5,
         .stride_h = 2,
         .stride_w = 2,
         .pads = {2, 2, 2, 2},
         .groups = 20},
        6);
  check({.c = 4, .h = 5, .w = 5, .oc = 8, .kh = 3, .kw = 3, .pads = {1, 1, 1, 1}, .groups = 4}, 7);
}

TEST_CASE("Conv equals the naive loops for random geometries", "[ops][conv]") {
  test::Random random(42);
  for (uint64_t i = 0; i < 60; ++i) {
    ConvCase k;
    k.groups = random.integer(1, 4);
    const bool depthwise = random.below(3) == 0;
    if (depthwise) k.groups = random.integer(2, 37);
    k.n = random.integer(1, 2);
    k.c = k.groups * (depthwise ? 1 : random.integer(1, 9));
    k.oc = k.groups * (depthwise ? 1 : random.integer(1, 9));
    k.kh = random.integer(1, 4);
    k.kw = random.integer(1, 4);
    k.dilation_h = random.integer(1, 2);
    k.dilation_w = random.integer(1, 2);
    k.stride_h = random.integer(1, 3);
    k.stride_w = random.integer(1, 3);
    for (int64_t& pad : k.pads) pad = random.integer(0, 2);
    k.h = random.integer((k.kh - 1) * k.dilation_h + 1, 12);
    k.w = random.integer((k.kw - 1) * k.dilation_w + 1, 12);
    check(k, i);
  }
}

TEST_CASE("Conv over one axis equals a 2-D Conv of height 1", "[ops][conv]") {
  test::Random random(3);
  const ConvCase k{.n = 2,
                   .c = 4,
                   .w = 17,
                   .oc = 6,
                   .kw = 3,
                   .stride_w = 2,
                   .dilation_w = 2,
                   .pads = {0, 2, 0, 1},
                   .groups = 2};
  const Tensor x = random.floats({2, 4, 17}), w = random.floats({6, 2, 3});
  const Tensor flat = reference(k, x, w, nullptr);
  const Tensor expected = Tensor::of<float>({2, 6, k.ow()}, flat.span<float>());
  OpRunner runner("Conv");
  runner.attr("strides", Ints{2})
      .attr("dilations", Ints{2})
      .attr("pads", Ints{2, 1})
      .attr("group", int64_t{2});
  runner.input(Tensor::of<float>(x.shape(), x.span<float>()))
      .constant(Tensor::of<float>(w.shape(), w.span<float>()));
  test::check_close(runner.run1(), expected);
}

TEST_CASE("Conv clamps its output to a folded activation", "[ops][conv]") {
  test::Random random(4);
  for (const int64_t groups : {1, 8}) {
    const ConvCase k{.c = 8, .h = 6, .w = 6, .oc = 8, .kh = 3, .kw = 3, .groups = groups};
    const Tensor x = random.floats(k.x_shape(), -3, 3), w = random.floats(k.w_shape());
    const Tensor expected = reference(k, x, w, nullptr, 0, 1.5f);
    const Tensor y = conv(k)
                         .clamp({0, 1.5f})
                         .input(Tensor::of<float>(x.shape(), x.span<float>()))
                         .constant(Tensor::of<float>(w.shape(), w.span<float>()))
                         .run1();
    test::check_close(y, expected);
  }
}

TEST_CASE("Conv pads as auto_pad says", "[ops][conv]") {
  test::Random random(5);
  // A kernel of 2 pads one element in all: at the end for SAME_UPPER, at the beginning for SAME_LOWER.
  const Tensor x = random.floats({1, 1, 5, 4}), w = random.floats({1, 1, 2, 2});
  const auto with = [&](const char* auto_pad) {
    return OpRunner("Conv")
        .attr("auto_pad", auto_pad)
        .input(Tensor::of<float>(x.shape(), x.span<float>()))
        .constant(Tensor::of<float>(w.shape(), w.span<float>()))
        .run1();
  };
  ConvCase k{.h = 5, .w = 4, .kh = 2, .kw = 2};
  test::check_close(with("VALID"), reference(k, x, w, nullptr));
  k.pads[2] = k.pads[3] = 1;
  test::check_close(with("SAME_UPPER"), reference(k, x, w, nullptr));
  k.pads[0] = k.pads[1] = 1;
  k.pads[2] = k.pads[3] = 0;
  test::check_close(with("SAME_LOWER"), reference(k, x, w, nullptr));
}

TEST_CASE("Conv infers dynamic dimensions", "[ops][conv]") {
  Attrs attrs;
  attrs.set("pads", Ints{1, 1, 1, 1});
  attrs.set("strides", Ints{2, 2});
  const std::vector<Operand> operands{{DType::f32, Shape{kDynamic, 3, kDynamic, 224}},
                                      {DType::f32, Shape{8, 3, 3, 3}}};
  CHECK(to_string(*test::infer_op("Conv", operands, attrs)[0].shape) == "[?,8,?,112]");
}

TEST_CASE("Conv names the shapes that do not fit", "[ops][conv]") {
  const auto error = [](Shape x, Shape w, int64_t group, Shape bias = {1}) {
    Attrs attrs;
    attrs.set("group", group);
    return error_of(
        [&] { test::infer_op("Conv", {{DType::f32, x}, {DType::f32, w}, {DType::f32, bias}}, attrs); });
  };
  CHECK(error({1, 3, 8, 8}, {8, 4, 3, 3}, 1) ==
        "InvalidGraph: input [1,3,8,8] has 3 channels, but weights [8,4,3,3] in 1 groups take 4");
  CHECK(error({1, 4, 8, 8}, {7, 2, 3, 3}, 2).find("do not divide into 2 groups") != std::string::npos);
  CHECK(error({1, 3, 8}, {8, 3, 3, 3}, 1).find("different ranks") != std::string::npos);
  CHECK(error({1, 3, 2, 2}, {1, 3, 3, 3}, 1).find("does not fit into an input of 2") != std::string::npos);
  CHECK(error({1, 3, 8, 8}, {2, 3, 3, 3}, 1).find("bias [1]") != std::string::npos);
  CHECK(error({1, 3, 8, 8, 8, 8}, {1, 3, 3, 3, 3, 3}, 1).find("Unsupported") == 0);
  CHECK(error({1, 3, 8, 8}, {1, 3, 3, 3}, 0) == "InvalidGraph: group is 0");
  CHECK(error_of([] {
          OpRunner("Conv")
              .attr("strides", Ints{0, 1})
              .input(Tensor(DType::f32, {1, 1, 4, 4}))
              .input(Tensor(DType::f32, {1, 1, 2, 2}))
              .run();
        }).find("'strides' has the value 0") != std::string::npos);
}

TEST_CASE("Conv counts multiply-accumulates", "[ops][conv]") {
  const ConvCase k{.n = 2, .c = 4, .h = 6, .w = 5, .oc = 8, .kh = 3, .kw = 3, .groups = 2};
  CHECK(conv(k).input(Tensor(DType::f32, k.x_shape())).input(Tensor(DType::f32, k.w_shape())).macs() ==
        2 * 4 * 3 * 8 * 2 * 9);
}

TEST_CASE("Conv refuses a kernel that cannot run", "[ops][conv]") {
  KernelPolicy policy;
  policy.forced["gemm_f32"] = "no such kernel";
  CHECK(error_of([&] {
          OpRunner("Conv")
              .kernels(policy)
              .input(Tensor(DType::f32, {1, 1, 2, 2}))
              .constant(Tensor(DType::f32, {1, 1, 1, 1}))
              .run();
        }).find("InvalidOption: the gemm_f32 kernel 'no such kernel'") == 0);
}

TEST_CASE("Conv over no channels is its bias") {
  for (bool is_constant : {false, true}) {
    OpRunner runner("Conv");
    runner.input(Tensor(DType::f32, {1, 0, 4, 4}));
    if (is_constant)
      runner.constant(Tensor(DType::f32, {2, 0, 3, 3}));
    else
      runner.input(Tensor(DType::f32, {2, 0, 3, 3}));
    const Tensor y = runner.input(Tensor::of<float>({2}, {1.5f, -2})).run1();
    CHECK(test::values<float>(y) == std::vector<float>{1.5f, 1.5f, 1.5f, 1.5f, -2, -2, -2, -2});
  }
}

// Straight from the definition.
Tensor reference_volume(const Tensor& x, const Tensor& w, int64_t groups, const Ints& strides,
                        const Ints& dilations, const Ints& pads) {
  const Shape &xs = x.shape(), &ws = w.shape();
  Shape ys{xs[0], ws[0], 0, 0, 0};
  for (int i = 0; i < 3; ++i)
    ys[2 + i] = (xs[2 + i] + pads[i] + pads[3 + i] - (ws[2 + i] - 1) * dilations[i] - 1) / strides[i] + 1;
  Tensor y(DType::f32, ys);
  const auto coordinates = [](int64_t index, const Shape& shape) {
    Ints at(5);
    for (int i = 4; i >= 0; index /= shape[i--]) at[i] = index % shape[i];
    return at;
  };
  for (int64_t o = 0; o < ys.elements(); ++o) {
    const Ints at = coordinates(o, ys);
    double sum = 0;
    for (int64_t k = 0; k < ws.elements(1, 5); ++k) {
      const Ints tap = coordinates(at[1] * ws.elements(1, 5) + k, ws);
      int64_t from = at[0] * xs[1] + at[1] / (ws[0] / groups) * ws[1] + tap[1];
      bool inside = true;
      for (int i = 0; i < 3; ++i) {
        const int64_t p = at[2 + i] * strides[i] + tap[2 + i] * dilations[i] - pads[i];
        inside &= p >= 0 && p < xs[2 + i];
        from = from * xs[2 + i] + p;
      }
      if (inside) sum += double(x.span<float>()[from]) * w.span<float>()[at[1] * ws.elements(1, 5) + k];
    }
    y.span<float>()[o] = static_cast<float>(sum);
  }
  return y;
}

TEST_CASE("Conv of a volume equals the naive loops", "[ops][conv]") {
  const auto check_volume = [](Shape x_shape, Shape w_shape, int64_t groups, Ints strides, Ints dilations,
                               Ints pads) {
    INFO(to_string(x_shape) << " " << to_string(w_shape));
    test::Random random(11);
    const Tensor x = random.floats(x_shape), w = random.floats(w_shape);
    const auto copy = [](const Tensor& t) { return Tensor::of<float>(t.shape(), t.span<float>()); };
    const Tensor y = OpRunner("Conv")
                         .attr("group", groups)
                         .attr("strides", strides)
                         .attr("dilations", dilations)
                         .attr("pads", pads)
                         .input(copy(x))
                         .constant(copy(w))
                         .run1();
    test::check_close(y, reference_volume(x, w, groups, strides, dilations, pads));
  };
  check_volume({2, 3, 5, 6, 7}, {4, 3, 3, 3, 3}, 1, {1, 1, 1}, {1, 1, 1}, {1, 1, 1, 1, 1, 1});
  check_volume({1, 4, 6, 5, 7}, {6, 2, 2, 3, 1}, 2, {2, 1, 3}, {2, 1, 1}, {1, 0, 0, 0, 2, 0});
  check_volume({1, 3, 4, 4, 4}, {3, 1, 2, 2, 2}, 3, {1, 1, 1}, {1, 1, 1}, {0, 0, 0, 0, 0, 0});
  check_volume({2, 5, 2, 3, 2}, {7, 5, 1, 1, 1}, 1, {1, 1, 1}, {1, 1, 1}, {0, 0, 0, 0, 0, 0});
  check_volume({1, 2, 5, 3, 2}, {3, 2, 1, 1, 1}, 1, {2, 1, 1}, {1, 1, 1}, {0, 0, 0, 0, 0, 0});
}

}  // namespace
}  // namespace octavo
