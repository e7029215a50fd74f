#include <catch2/catch_test_macros.hpp>

#include "kernels/dwconv_s8/dwconv_s8.h"
#include "kernels/gemm_s8/gemm_s8.h"
#include "kernels/quantize/quantize.h"
#include "support/conv_reference.h"
#include "support/op_runner.h"
#include "support/random_data.h"
#include "support/requantize_reference.h"

namespace octavo {
namespace {

using test::ConvCase;
using test::error_of;
using test::Ints;
using test::OpRunner;

template <class T> Tensor copy(const Tensor& t) { return Tensor::of<T>(t.shape(), t.span<T>()); }

QParams weight_qparams(test::Random& random, int64_t channels, bool per_channel) {
  QParams q{.axis = per_channel ? 0 : -1, .qmin = -127, .qmax = 127};
  for (int64_t i = 0; i < (per_channel ? channels : 1); ++i) {
    q.scale.push_back(random.real(0.001f, 0.02f));
    q.zero_point.push_back(0);
  }
  return q;
}

// One convolution with everything that goes into it.
struct Problem {
  ConvCase k;
  QParams x_params, w_params, y_params;
  Tensor x, w, bias;

  Problem(ConvCase shape, int32_t qmax, uint64_t seed) : Problem(shape, qmax, test::Random(seed)) {}
  Problem(ConvCase shape, int32_t qmax, test::Random random)
      : k(shape),
        x_params(test::u8_qparams(random.real(0.01f, 0.1f), static_cast<int32_t>(random.integer(0, qmax)), 0,
                                  qmax)),
        w_params(weight_qparams(random, k.oc, random.below(2) == 0)),
        y_params(test::u8_qparams(random.real(0.01f, 0.5f), static_cast<int32_t>(random.integer(0, 255)))),
        x(random.integers<uint8_t>(k.x_shape(), 0, qmax)),
        w(random.integers<int8_t>(k.w_shape(), -128, 127)),
        bias(random.integers<int32_t>({k.oc}, -20000, 20000)) {}

  // Zero points of the weights: one, or one a channel.
  Problem& with_zero_points(test::Random random) {
    for (int32_t& z : w_params.zero_point) z = static_cast<int32_t>(random.integer(-128, 127));
    return *this;
  }

  float w_scale(int64_t o) const { return w_params.scale[w_params.scale.size() == 1 ? 0 : o]; }

  int64_t accumulate(const Tensor& q, int32_t zero_point, int64_t b, int64_t o, int64_t oy,
                     int64_t ox) const {
    int64_t sum = 0;
    k.for_each_term(b, o, oy, ox, [&](int64_t xi, int64_t wi) {
      const int32_t w_zero_point = w_params.zero_point[w_params.zero_point.size() == 1 ? 0 : o];
      sum += int64_t{q.span<uint8_t>()[xi] - zero_point} * (w.span<int8_t>()[wi] - w_zero_point);
    });
    return sum;
  }

  OpRunner runner(const char* op) const {
    OpRunner runner(op);
    runner.attr("strides", Ints{k.stride_h, k.stride_w})
        .attr("dilations", Ints{k.dilation_h, k.dilation_w})
        .attr("pads", Ints(k.pads, k.pads + 4))
        .attr("group", k.groups);
    return runner;
  }
};

void check_q_conv(const Problem& p, KernelPolicy policy = {}) {
  INFO("x " << to_string(p.k.x_shape()) << " w " << to_string(p.k.w_shape()) << " groups " << p.k.groups
            << " qmax " << p.x_params.qmax);
  QParams narrowed = p.y_params;
  narrowed.qmin = 20;
  narrowed.qmax = 200;
  Tensor expected(DType::u8, p.k.y_shape()), clamped(DType::u8, p.k.y_shape());
  p.k.for_each_output([&](int64_t index, int64_t b, int64_t o, int64_t oy, int64_t ox) {
    const int64_t acc = p.accumulate(p.x, p.x_params.zero_point[0], b, o, oy, ox) + p.bias.span<int32_t>()[o];
    const float multiplier = test::multiplier(p.x_params.scale[0], p.w_scale(o), p.y_params.scale[0]);
    expected.span<uint8_t>()[index] = test::requantize(acc, multiplier, p.y_params);
    clamped.span<uint8_t>()[index] = test::requantize(acc, multiplier, narrowed);
  });
  const auto runner = [&](Tensor x, const QParams& y_params) {
    OpRunner runner = p.runner("octavo.QConv");
    runner.kernels(policy).input(std::move(x)).input_qparams(p.x_params);
    runner.constant(copy<int8_t>(p.w)).input_qparams(p.w_params).constant(copy<int32_t>(p.bias));
    runner.output_qparams(y_params);
    return runner;
  };
  CHECK(test::values<uint8_t>(runner(copy<uint8_t>(p.x), p.y_params).run1()) ==
        test::values<uint8_t>(expected));
  CHECK(test::values<uint8_t>(runner(copy<uint8_t>(p.x), narrowed).run1()) == test::values<uint8_t>(clamped));
  const Tensor last = runner(test::channels_last<uint8_t>(p.x), p.y_params).channels_last().run1();
  CHECK(test::values<uint8_t>(last) == test::values<uint8_t>(test::channels_last<uint8_t>(expected)));
}

const ConvCase kCases[] = {
    {.c = 3, .h = 9, .w = 11, .oc = 5, .kh = 3, .kw = 3, .pads = {1, 1, 1, 1}},
    {.n = 2, .c = 16, .h = 7, .w = 5, .oc = 24},
    {.c = 3, .h = 12, .w = 10, .oc = 8, .kh = 3, .kw = 3, .stride_h = 2, .stride_w = 2, .pads = {0, 0, 1, 1}},
    {.c = 6, .h = 8, .w = 8, .oc = 4, .kh = 2, .kw = 3, .dilation_h = 2, .dilation_w = 3, .groups = 2},
    {.n = 2, .c = 8, .h = 6, .w = 6, .oc = 8, .kh = 3, .kw = 3, .pads = {1, 1, 1, 1}, .groups = 8},
    {.c = 37,
     .h = 9,
     .w = 9,
     .oc = 37,
     .kh = 5,
     .kw = 5,
     .stride_h = 2,
     .stride_w = 2,
     .pads = {2, 2, 2, 2},
     .groups = 37},
    {.c = 4, .h = 5, .w = 5, .oc = 8, .kh = 3, .kw = 3, .pads = {1, 1, 1, 1}, .groups = 4},
    {.n = 2, .c = 100, .h = 4, .w = 4, .oc = 33},
};

TEST_CASE("octavo.QConv equals the integer loops", "[ops][q_conv]") {
  uint64_t seed = 0;
  for (const ConvCase& k : kCases)
    for (const int32_t qmax : {255, 127}) check_q_conv(Problem(k, qmax, ++seed));
}

bool has_form_with_zero_points(const ConvCase& k) {
  return k.groups == 1 || (k.groups == k.c && k.c == k.oc);
}

TEST_CASE("octavo.QConv subtracts the zero points of its weights", "[ops][q_conv]") {
  uint64_t seed = 200;
  for (const ConvCase& k : kCases)
    if (has_form_with_zero_points(k))
      for (const int32_t qmax : {255, 127}) {
        ++seed;
        check_q_conv(Problem(k, qmax, seed).with_zero_points(test::Random(seed)));
      }
}

TEST_CASE("octavo.QConv gives the same with every kernel", "[ops][q_conv]") {
  for (const int32_t qmax : {255, 127}) {
    const auto range = qmax == 127 ? kernels::ActivationRange::u7 : kernels::ActivationRange::u8;
    for (const auto& kernel : kernels::gemm_s8_kernels()) {
      KernelPolicy policy;
      if (kernels::select_gemm_s8(policy.facts, range, kernel.name) == nullptr) continue;
      INFO(kernel.name);
      policy.forced["gemm_s8"] = kernel.name;
      check_q_conv(Problem(kCases[0], qmax, 31), policy);
      check_q_conv(Problem(kCases[7], qmax, 32), policy);
    }
    for (const auto& kernel : kernels::dwconv_s8_kernels()) {
      KernelPolicy policy;
      if (kernels::select_dwconv_s8(policy.facts, range, kernel.name) == nullptr) continue;
      INFO(kernel.name);
      policy.forced["dwconv_s8"] = kernel.name;
      check_q_conv(Problem(kCases[5], qmax, 33), policy);
    }
  }
}

TEST_CASE("octavo.QConv of a volume sums over its depth", "[ops][q_conv]") {
  // Two slices of one pixel, of two channels, under two taps with a pixel of padding on either side.
  OpRunner runner("octavo.QConv");
  runner.attr("pads", Ints{1, 0, 0, 1, 0, 0});
  runner.input(Tensor::of<uint8_t>({1, 2, 2, 1, 1}, {11, 12, 13, 14})).input_qparams(test::u8_qparams(1, 10));
  runner.constant(Tensor::of<int8_t>({1, 2, 2, 1, 1}, {1, 2, 3, 4}))
      .input_qparams({.scale = {1}, .zero_point = {0}, .axis = -1, .qmin = -127, .qmax = 127});
  const Tensor y = runner.output_qparams(test::u8_qparams(1, 100)).run1();
  // x - 10 is [1, 2] and [3, 4]: 2·1 + 4·3, 1·1 + 2·2 + 3·3 + 4·4, 1·2 + 3·4.
  CHECK(test::values<uint8_t>(y) == std::vector<uint8_t>{114, 130, 114});
}

TEST_CASE("octavo.QConv without a bias", "[ops][q_conv]") {
  const Problem p(kCases[0], 255, 77);
  OpRunner runner = p.runner("octavo.QConv");
  runner.input(copy<uint8_t>(p.x))
      .input_qparams(p.x_params)
      .constant(copy<int8_t>(p.w))
      .input_qparams(p.w_params);
  const Tensor y = runner.output_qparams(p.y_params).run1();
  p.k.for_each_output([&](int64_t index, int64_t b, int64_t o, int64_t oy, int64_t ox) {
    const int64_t acc = p.accumulate(p.x, p.x_params.zero_point[0], b, o, oy, ox);
    const float multiplier = test::multiplier(p.x_params.scale[0], p.w_scale(o), p.y_params.scale[0]);
    REQUIRE(y.span<uint8_t>()[index] == test::requantize(acc, multiplier, p.y_params));
  });
}

TEST_CASE("octavo.DynamicQConv equals quantization and the integer loops", "[ops][dynamic_q_conv]") {
  uint64_t seed = 100;
  for (const ConvCase& k : kCases)
    for (const int32_t qmax : {255, 127}) {
      INFO("x " << to_string(k.x_shape()) << " w " << to_string(k.w_shape()) << " groups " << k.groups);
      test::Random random(++seed);
      Problem p(k, qmax, seed);
      if (seed % 2 == 0 && has_form_with_zero_points(k)) p.with_zero_points(test::Random(seed));
      const Tensor x = random.floats(k.x_shape(), -2, 3), bias = random.floats({k.oc}, -1, 1);
      const auto params =
          kernels::dynamic_params(kernels::find_range(x.span<float>().data(), x.shape().elements()), 0, qmax);
      const Tensor q(DType::u8, k.x_shape());
      kernels::quantize(x.span<float>().data(), x.shape().elements(), params, q.span<uint8_t>().data());
      Tensor expected(DType::f32, k.y_shape());
      k.for_each_output([&](int64_t index, int64_t b, int64_t o, int64_t oy, int64_t ox) {
        const int64_t acc = p.accumulate(q, params.zero_point, b, o, oy, ox);
        const float scale = params.scale * p.w_scale(o), scaled = static_cast<float>(acc) * scale;
        const float y = scaled + bias.span<float>()[o];
        expected.span<float>()[index] = y < -0.5f ? -0.5f : y;
      });
      const auto run = [&](Tensor input, bool channels_last) {
        OpRunner runner = p.runner("octavo.DynamicQConv");
        runner.channels_last(channels_last).notes({.qmax = qmax}).clamp({.low = -0.5f});
        runner.input(std::move(input)).constant(copy<int8_t>(p.w)).input_qparams(p.w_params);
        return runner.constant(copy<float>(bias)).run1();
      };
      CHECK(test::values<float>(run(copy<float>(x), 0)) == test::values<float>(expected));
      CHECK(test::values<float>(run(test::channels_last<float>(x), 1)) ==
            test::values<float>(test::channels_last<float>(expected)));
    }
}

TEST_CASE("octavo.QConv refuses what it cannot compute exactly", "[ops][q_conv]") {
  const Problem p(kCases[1], 255, 5);
  const auto error = [&](QParams x, QParams w, QParams y, bool constant = true) {
    return error_of([&] {
      OpRunner runner = p.runner("octavo.QConv");
      runner.input(copy<uint8_t>(p.x)).input_qparams(std::move(x));
      constant ? runner.constant(copy<int8_t>(p.w)) : runner.input(copy<int8_t>(p.w));
      runner.input_qparams(std::move(w)).output_qparams(std::move(y)).run();
    });
  };
  const QParams good_w{.scale = {1}, .zero_point = {0}, .axis = -1, .qmin = -127, .qmax = 127};
  QParams skewed = good_w, too_few = good_w;
  skewed.zero_point = {300};
  too_few.scale = {1, 2};
  too_few.zero_point = {0, 0};
  too_few.axis = 0;
  CHECK(error(p.x_params, good_w, p.y_params).empty());
  CHECK(error(p.x_params, skewed, p.y_params).find("zero points that are none of int8") != std::string::npos);
  CHECK(error(p.x_params, too_few, p.y_params).find("2 scales along axis 0 for 24 output channels") !=
        std::string::npos);
  CHECK(error(p.x_params, good_w, p.y_params, false).find("not an int8 constant") != std::string::npos);
  CHECK(error(test::u8_qparams(0, 0), good_w, p.y_params).find("a scale that is not positive") !=
        std::string::npos);
  CHECK(error(p.x_params, good_w, test::u8_qparams(1, 256)).find("zero_point 256") != std::string::npos);
  CHECK(error(p.x_params, good_w, {}).find("not a uint8 tensor with one scale") != std::string::npos);
}

}  // namespace
}  // namespace octavo
