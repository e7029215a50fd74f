#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <limits>

#include "support/close.h"
#include "support/conv_reference.h"
#include "support/op_runner.h"
#include "support/random_data.h"

namespace octavo {
namespace {

using test::error_of;
using test::Ints;
using test::OpRunner;

// A 2-D window; out follows from ceil_mode by PyTorch's rule.
struct PoolCase {
  int64_t h, w, kh, kw, sh = 1, sw = 1, dh = 1, dw = 1;
  int64_t pads[4] = {0, 0, 0, 0};
  bool ceil = false;

  int64_t out(int64_t in, int64_t begin, int64_t end, int64_t k, int64_t s, int64_t d) const {
    const double exact = double(in + begin + end - (k - 1) * d - 1) / s;
    auto size = static_cast<int64_t>(ceil ? std::ceil(exact) : std::floor(exact)) + 1;
    if (ceil && (size - 1) * s >= in + begin) --size;
    return size;
  }
  int64_t oh() const { return out(h, pads[0], pads[2], kh, sh, dh); }
  int64_t ow() const { return out(w, pads[1], pads[3], kw, sw, dw); }
  // Calls tap(pixel or -1 for padding) for each tap of window (oy, ox) that is not beyond the padding.
  template <class Tap> void for_each_tap(int64_t oy, int64_t ox, Tap tap) const {
    for (int64_t ky = 0; ky < kh; ++ky)
      for (int64_t kx = 0; kx < kw; ++kx) {
        const int64_t y = oy * sh + ky * dh - pads[0], x = ox * sw + kx * dw - pads[1];
        if (y >= h + pads[2] || x >= w + pads[3]) continue;
        tap(y < 0 || y >= h || x < 0 || x >= w ? -1 : y * w + x);
      }
  }
  OpRunner runner(const char* op) const {
    OpRunner runner(op);
    runner.attr("kernel_shape", Ints{kh, kw}).attr("strides", Ints{sh, sw}).attr("dilations", Ints{dh, dw});
    runner.attr("pads", Ints(pads, pads + 4)).attr("ceil_mode", int64_t{ceil});
    return runner;
  }
  friend std::ostream& operator<<(std::ostream& out, const PoolCase& p) {
    return out << p.h << 'x' << p.w << " kernel " << p.kh << 'x' << p.kw << " strides " << p.sh << ',' << p.sw
               << " dilations " << p.dh << ',' << p.dw << " pads " << p.pads[0] << ',' << p.pads[1] << ','
               << p.pads[2] << ',' << p.pads[3] << " ceil " << p.ceil;
  }
};

const PoolCase kCases[] = {
    {7, 6, 2, 2, 2, 2},
    {7, 6, 2, 2, 2, 2, 1, 1, {0, 0, 0, 0}, true},
    {8, 9, 3, 3, 2, 2, 1, 1, {1, 1, 1, 1}},
    {8, 9, 3, 3, 2, 2, 1, 1, {1, 1, 1, 1}, true},
    {9, 9, 3, 2, 1, 2, 2, 3, {1, 0, 0, 1}},
    {2, 2, 3, 3, 3, 3, 1, 1, {1, 1, 1, 1}, true},
    {5, 5, 5, 5},
};

template <class T> Tensor copy(const Tensor& t) { return Tensor::of<T>(t.shape(), t.span<T>()); }

template <class T> void check_max(const Tensor& x) {
  constexpr int64_t kPlanes = 10;
  for (const PoolCase& p : kCases) {
    INFO(p);
    const int64_t pixels = p.h * p.w;
    const Tensor image = Tensor::of<T>({2, 5, p.h, p.w}, x.span<T>().subspan(0, kPlanes * pixels));
    Tensor expected(dtype_of<T>, {2, 5, p.oh(), p.ow()});
    for (int64_t plane = 0; plane < kPlanes; ++plane)
      for (int64_t o = 0; o < p.oh() * p.ow(); ++o) {
        T best = std::numeric_limits<T>::lowest();
        p.for_each_tap(o / p.ow(), o % p.ow(), [&](int64_t pixel) {
          if (pixel >= 0) best = std::max(best, image.span<T>()[plane * pixels + pixel]);
        });
        expected.span<T>()[plane * p.oh() * p.ow() + o] = best;
      }
    const Tensor y = p.runner("MaxPool").input(copy<T>(image)).run1();
    REQUIRE(y.shape() == expected.shape());
    CHECK(test::values<T>(y) == test::values<T>(expected));
    const Tensor last = p.runner("MaxPool").channels_last().input(test::channels_last<T>(image)).run1();
    CHECK(test::values<T>(last) == test::values<T>(test::channels_last<T>(expected)));
  }
}

TEST_CASE("MaxPool equals the naive loops", "[ops][pool]") {
  test::Random random(1);
  check_max<float>(random.floats({2000}, -5, 5));
  check_max<uint8_t>(random.integers<uint8_t>({2000}, 0, 255));
  check_max<int8_t>(random.integers<int8_t>({2000}, -128, 127));
}

TEST_CASE("MaxPool gives the indices of the maxima", "[ops][pool]") {
  test::Random random(2);
  for (const PoolCase& p : kCases) {
    INFO(p);
    const int64_t pixels = p.h * p.w;
    const Tensor x = random.floats({2, 3, p.h, p.w});
    for (const int64_t storage_order : {0, 1})
      for (const bool last : {false, true}) {
        auto runner = p.runner("MaxPool");
        runner.attr("storage_order", storage_order).channels_last(last).outputs(2);
        const auto out = runner.input(last ? test::channels_last<float>(x) : copy<float>(x)).run();
        REQUIRE(to_string(out[1].shape()) == to_string(Shape{2, 3, p.oh(), p.ow()}));
        for (int64_t i = 0; i < out[1].shape().elements(); ++i) {
          const int64_t o = i % (p.oh() * p.ow()), plane = i / (p.oh() * p.ow());
          int64_t best = -1;
          p.for_each_tap(o / p.ow(), o % p.ow(), [&](int64_t pixel) {
            const auto at = [&](int64_t where) { return x.span<float>()[plane * pixels + where]; };
            if (pixel >= 0 && (best < 0 || at(pixel) > at(best))) best = pixel;
          });
          const int64_t within = storage_order == 0 ? best : best % p.w * p.h + best / p.w;
          REQUIRE(out[1].span<int64_t>()[i] == plane * pixels + within);
        }
      }
  }
}

TEST_CASE("MaxPool of no channels has no indices", "[ops][pool]") {
  OpRunner runner("MaxPool");
  runner.attr("kernel_shape", std::vector<int64_t>{2, 2}).outputs(2);
  const auto out = runner.input(Tensor(DType::f32, {2, 0, 3, 3})).run();
  CHECK(out[1].shape() == Shape{2, 0, 2, 2});
}

TEST_CASE("AveragePool equals the naive loops", "[ops][pool]") {
  test::Random random(3);
  for (const PoolCase& p : kCases)
    for (const bool count_padding : {false, true}) {
      INFO(p << " count_include_pad " << count_padding);
      const Tensor x = random.floats({2, 5, p.h, p.w});
      Tensor expected(DType::f32, {2, 5, p.oh(), p.ow()});
      for (int64_t i = 0; i < expected.shape().elements(); ++i) {
        const int64_t o = i % (p.oh() * p.ow()), plane = i / (p.oh() * p.ow());
        double sum = 0;
        int64_t count = 0;
        p.for_each_tap(o / p.ow(), o % p.ow(), [&](int64_t pixel) {
          if (pixel >= 0) sum += x.span<float>()[plane * p.h * p.w + pixel];
          count += pixel >= 0 || count_padding;
        });
        expected.span<float>()[i] = static_cast<float>(sum / static_cast<double>(count));
      }
      auto runner = p.runner("AveragePool");
      runner.attr("count_include_pad", int64_t{count_padding});
      test::check_close(runner.input(copy<float>(x)).run1(), expected);
      auto last = p.runner("AveragePool");
      last.attr("count_include_pad", int64_t{count_padding}).channels_last();
      test::check_close(last.input(test::channels_last<float>(x)).run1(),
                        test::channels_last<float>(expected));
    }
}

TEST_CASE("Pooling pads as auto_pad says", "[ops][pool]") {
  const auto y = [](const char* auto_pad) {
    return test::values<float>(OpRunner("MaxPool")
                                   .attr("kernel_shape", Ints{2})
                                   .attr("auto_pad", auto_pad)
                                   .input(Tensor::of<float>({1, 1, 4}, {4, 1, 3, 2}))
                                   .run1());
  };
  CHECK(y("VALID") == std::vector<float>{4, 3, 3});
  CHECK(y("SAME_UPPER") == std::vector<float>{4, 3, 3, 2});
  CHECK(y("SAME_LOWER") == std::vector<float>{4, 4, 3, 3});
}

TEST_CASE("Pooling runs over three axes", "[ops][pool]") {
  const Tensor y = OpRunner("AveragePool")
                       .attr("kernel_shape", Ints{2, 2, 2})
                       .attr("strides", Ints{2, 1, 2})
                       .input(test::iota<float>({1, 1, 2, 3, 4}))
                       .run1();
  CHECK(to_string(y.shape()) == "[1,1,1,2,2]");
  CHECK(test::values<float>(y) == std::vector<float>{8.5f, 10.5f, 12.5f, 14.5f});
}

TEST_CASE("Global pooling covers everything", "[ops][pool]") {
  test::Random random(4);
  const Tensor x = random.floats({2, 19, 7, 5});
  Tensor mean(DType::f32, {2, 19, 1, 1}), largest(DType::f32, {2, 19, 1, 1});
  for (int64_t plane = 0; plane < 38; ++plane) {
    double sum = 0;
    float best = -2;
    for (const float value : x.span<float>().subspan(plane * 35, 35)) {
      sum += value;
      best = std::max(best, value);
    }
    mean.span<float>()[plane] = static_cast<float>(sum / 35);
    largest.span<float>()[plane] = best;
  }
  test::check_close(OpRunner("GlobalAveragePool").input(copy<float>(x)).run1(), mean);
  test::check_close(OpRunner("GlobalMaxPool").input(copy<float>(x)).run1(), largest);
  const Tensor last = test::channels_last<float>(x);
  test::check_close(OpRunner("GlobalAveragePool").channels_last().input(copy<float>(last)).run1(),
                    test::channels_last<float>(mean));
  test::check_close(OpRunner("GlobalMaxPool").channels_last().input(copy<float>(last)).run1(),
                    test::channels_last<float>(largest));
}

TEST_CASE("LpPool is the norm of each window", "[ops][pool]") {
  const auto y = [](int64_t p, std::vector<float> x, int64_t stride) {
    const Shape shape{1, 1, static_cast<int64_t>(x.size())};
    return test::values<float>(OpRunner("LpPool")
                                   .attr("kernel_shape", Ints{2})
                                   .attr("strides", Ints{stride})
                                   .attr("ceil_mode", 1)
                                   .attr("p", p)
                                   .input(Tensor::of<float>(shape, std::span<const float>(x)))
                                   .run1());
  };
  // The last window has one element.
  CHECK(y(2, {3, -4, 6, 8, -5}, 2) == std::vector<float>{5, 10, 5});
  CHECK(y(1, {1, -2, 3}, 1) == std::vector<float>{3, 5});
  const std::vector<float> cubes = y(3, {1, -2, 3}, 1);
  CHECK(std::abs(cubes[0] - 2.0800838f) < 1e-5f);  // 9^(1/3)
  CHECK(std::abs(cubes[1] - 3.2710664f) < 1e-5f);  // 35^(1/3)
}

TEST_CASE("GlobalLpPool is the norm of each channel", "[ops][pool]") {
  const Tensor x = Tensor::of<float>({1, 2, 1, 2}, {3, -4, 5, 12});
  CHECK(test::values<float>(OpRunner("GlobalLpPool").input(copy<float>(x)).run1()) ==
        std::vector<float>{5, 13});
  CHECK(test::values<float>(OpRunner("GlobalLpPool").attr("p", 1).input(copy<float>(x)).run1()) ==
        std::vector<float>{7, 17});
  CHECK(error_of([&] { OpRunner("GlobalLpPool").attr("p", 0).input(copy<float>(x)).run(); }) ==
        "InvalidGraph: p is 0");
}

TEST_CASE("Pooling refuses what it cannot do", "[ops][pool]") {
  const auto error = [](const char* op, DType dtype, Shape x, Attrs attrs = {}) {
    return error_of([&] { test::infer_op(op, {{dtype, x}}, attrs); });
  };
  CHECK(error("MaxPool", DType::f32, {1, 1, 4, 4}) ==
        "InvalidGraph: kernel_shape has 0 values where 2 are needed");
  CHECK(error("MaxPool", DType::s64, {1, 1, 4, 4}).find("Unsupported: MaxPool takes") == 0);
  CHECK(error("AveragePool", DType::u8, {1, 1, 4, 4}).find("Unsupported") == 0);
  CHECK(error("GlobalAveragePool", DType::f32, {1, 4}).find("is not an image") != std::string::npos);
  Attrs attrs;
  attrs.set("kernel_shape", Ints{2, 2});
  attrs.set("auto_pad", "FULL");
  CHECK(error("MaxPool", DType::f32, {1, 1, 4, 4}, attrs) == "InvalidGraph: unknown auto_pad 'FULL'");
}

}  // namespace
}  // namespace octavo
