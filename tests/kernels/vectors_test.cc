#include "kernels/vectors.h"

#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <functional>
#include <vector>

#include "kernels/joined_rows.h"

using namespace octavo::kernels;

TEST_CASE("map: every length, in place and with an operand that repeats", "[vectors]") {
  for (int n = 0; n <= 37; ++n) {
    CAPTURE(n);
    std::vector<uint8_t> a(n), b(n), out(n + 1, 99);
    for (int i = 0; i < n; ++i) {
      a[i] = static_cast<uint8_t>(i * 37 + 5);
      b[i] = static_cast<uint8_t>(i * 91 + 7);
    }
    const auto plus = [](Vector<uint8_t> x, Vector<uint8_t> y) -> Vector<uint8_t> { return x + y; };
    map(size_t(n), out.data(), plus, Run<uint8_t>{a.data()}, Run<uint8_t>{b.data()});
    for (int i = 0; i < n; ++i) REQUIRE(out[i] == static_cast<uint8_t>(a[i] + b[i]));
    CHECK(out[n] == 99);
    if (n == 0) continue;
    const Operand<uint8_t> one(b.data(), false), all(a.data(), true);
    std::vector<uint8_t> in_place = a;
    map(size_t(n), in_place.data(), plus, Run<uint8_t>{in_place.data()}, one);
    map(size_t(n), out.data(), plus, one, all);
    for (int i = 0; i < n; ++i) {
      REQUIRE(in_place[i] == static_cast<uint8_t>(a[i] + b[0]));
      REQUIRE(out[i] == in_place[i]);
    }
    CHECK(out[n] == 99);
  }
}

TEST_CASE("splat, larger, smaller: zeros keep their sign and NaN its place", "[vectors]") {
  const auto first = [](Vector<float> v) {
    float lanes_of[lanes<float>];
    store(lanes_of, v);
    return lanes_of[0];
  };
  CHECK(std::signbit(first(splat(-0.0f))));
  CHECK(!std::signbit(first(splat(0.0f))));
  const Vector<float> nan = splat(std::nanf("")), one = splat(1.0f), two = splat(2.0f);
  CHECK(first(larger(one, two)) == 2);
  CHECK(first(smaller(one, two)) == 1);
  CHECK(std::isnan(first(clamp_between(nan, one, two))));
  CHECK(first(larger(one, nan)) == 1);
}

TEST_CASE("for_each_joined_row: the same elements as row by row, fewer calls", "[vectors]") {
  for (const int rows : {1, 2, 15, 16, 17, 40}) {
    for (const int n : {1, 3, 16, 64, 65, 100}) {
      for (const int repeating : {0, 1}) {
        CAPTURE(rows, n, repeating);
        constexpr int images = 2;
        std::vector<float> whole(images * rows * n), one_row(n), expected(whole.size()), out(whole.size());
        for (size_t i = 0; i < whole.size(); ++i) whole[i] = float(i % 1013);
        for (int i = 0; i < n; ++i) one_row[i] = float(i * i);
        for (size_t i = 0; i < whole.size(); ++i) {
          const float factor = one_row[i % n];
          expected[i] = repeating == 0 ? factor - whole[i] : whole[i] - factor;
        }
        StridedBox<3> box;
        const auto append = [&](int64_t dim, int64_t step, int64_t repeating_step) {
          const int64_t size = sizeof(float);
          StridedBox<3>::Steps steps = {step * size, step * size, step * size};
          steps[repeating] = repeating_step * size;
          box.append(dim, steps);
        };
        append(images, int64_t(rows) * n, 0);
        append(rows, n, 0);
        append(n, 1, 1);
        const auto bytes = [](std::vector<float>& v) { return reinterpret_cast<std::byte*>(v.data()); };
        StridedBox<3>::Pointers pointers = {bytes(whole), bytes(whole), bytes(out)};
        pointers[repeating] = bytes(one_row);
        for_each_joined_row(box, pointers, [](const auto& p, int64_t count, const auto& steps) {
          const Operand<float> a(reinterpret_cast<const float*>(p[0]), steps[0] != 0);
          const Operand<float> b(reinterpret_cast<const float*>(p[1]), steps[1] != 0);
          map(size_t(count), reinterpret_cast<float*>(p[2]), std::minus<>(), a, b);
        });
        CHECK(out == expected);
      }
    }
  }
}
