// Operands of one convolution (a matrix product is one of 1×1 over M pixels) and the answer of the plain reference.
#pragma once

#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "kernels/conv/reference.h"
#include "kernels/epilogue_scalar.h"
#include "kernels/gemm_s4/reference.h"

namespace octavo::bench {

using namespace octavo::kernels;

/// A linear congruential generator (Numerical Recipes): the same operands at every run.
class Random {
 public:
  /// 0 .. bound - 1
  uint32_t below(uint32_t bound) { return ((state_ = state_ * 1664525 + 1013904223) >> 16) % bound; }

 private:
  uint32_t state_ = 1;
};

inline size_t input_size(const ConvGeometry& g) { return size_t(g.n) * g.h * g.w * g.c; }
inline size_t output_size(const ConvGeometry& g) { return size_t(g.positions()) * g.oc; }
inline size_t weight_size(const ConvGeometry& g) { return size_t(g.oc) * g.depth(); }

/// The first place where two tensors differ, in words; empty when they are the same bit for bit.
template <class T> std::string difference(const std::vector<T>& expected, const std::vector<T>& actual) {
  if (std::memcmp(expected.data(), actual.data(), expected.size() * sizeof(T)) == 0) return {};
  size_t i = 0;
  while (std::memcmp(&expected[i], &actual[i], sizeof(T)) == 0) ++i;
  return "output " + std::to_string(i) + " is " + std::to_string(+actual[i]) + ", not " +
         std::to_string(+expected[i]);
}

/// u8 or u7 activations, s8 weights [oc, c/groups, kh, kw], requantized u8 output.
struct Int8Problem {
  static constexpr uint8_t in_zero_point = 3;

  Int8Problem(const ConvGeometry& geometry, int activation_max)
      : g(geometry),
        in(input_size(g)),
        weights(weight_size(g)),
        bias(size_t(g.oc)),
        multiplier(size_t(g.oc)),
        out(output_size(g)) {
    Random random;
    for (uint8_t& x : in) x = uint8_t(random.below(uint32_t(activation_max) + 1));
    // Four uniform numbers make a bell, as weights have: the largest of a filter is some three deviations.
    for (int8_t& w : weights)
      w = int8_t(int(random.below(64) + random.below(64) + random.below(64) + random.below(63)) - 126);
    for (int32_t& b : bias) b = int32_t(random.below(2001)) - 1000;
    // Accumulators deviate by about sqrt(depth) · rms(activation) · 37: outputs fill 0..255 and few saturate.
    const float deviation = std::sqrt(float(g.depth())) * float(activation_max) * 0.58f * 37;
    for (float& m : multiplier) m = (30 + float(random.below(20))) / deviation;

    expected.resize(out.size());
    RequantizeU8 e = epilogue();
    e.out = expected.data();
    const auto weight = [this](int o, int y, int x, int i) {
      return weights[((size_t(o) * g.group_channels() + i) * g.kh + y) * g.kw + x];
    };
    reference_conv<int32_t>(
        g, in.data(), in_zero_point, weight,
        [&](int64_t position, int o, int32_t acc, int32_t sum) { store_one(e, position, o, acc, sum); });
  }
  RequantizeU8 epilogue() { return {bias.data(), multiplier.data(), 128, 0, 255, out.data(), g.oc}; }

  ConvGeometry g;
  std::vector<uint8_t> in;
  std::vector<int8_t> weights;
  std::vector<int32_t> bias;
  std::vector<float> multiplier;
  std::vector<uint8_t> out, expected;
};

/// u8 activations with a pair of parameters a row, weights of 4 bits [n, k] with a scale for each `block` of k.
struct Int4Problem {
  Int4Problem(int m, int n, int k, int block)
      : m(m),
        in(size_t(m) * k),
        weights(size_t(n) * k),
        scale(size_t(n) * ((k + block - 1) / block)),
        in_scale(size_t(m)),
        in_zero_point(size_t(m)),
        out(size_t(m) * n),
        view{weights.data(), n, k, k, 1, -8, scale.data(), nullptr, (k + block - 1) / block, 1, block} {
    Random random;
    for (uint8_t& x : in) x = uint8_t(random.below(256));
    for (uint8_t& w : weights) w = uint8_t(int(random.below(16)) - 8);
    for (float& s : scale) s = float(1 + random.below(1000)) / 8192;
    for (float& s : in_scale) s = float(1 + random.below(1000)) / 8192;
    for (int32_t& z : in_zero_point) z = int32_t(random.below(256));
    expected.resize(out.size());
    BiasClampF32 e = epilogue();
    e.out = expected.data();
    reference_gemm_s4(args(nullptr), view, e);
  }
  GemmS4Args args(void* workspace) const {
    return {in.data(), view.k, m, in_scale.data(), in_zero_point.data(), 1, workspace};
  }
  BiasClampF32 epilogue() {
    constexpr float infinity = std::numeric_limits<float>::infinity();
    return {nullptr, -infinity, infinity, out.data(), view.n};
  }

  int m;
  std::vector<uint8_t> in, weights;
  std::vector<float> scale, in_scale;
  std::vector<int32_t> in_zero_point;
  std::vector<float> out, expected;
  WeightsS4<const uint8_t> view;
};

/// Multiples of 1/8 in [-1, 1]: sums of up to 2^17 products are exact, so the order of additions does not matter and
/// float kernels are compared bit for bit as well.
struct FloatProblem {
  explicit FloatProblem(const ConvGeometry& geometry)
      : g(geometry), in(input_size(g)), weights(weight_size(g)), bias(size_t(g.oc)), out(output_size(g)) {
    Random random;
    const auto number = [&] { return float(int(random.below(17)) - 8) / 8; };
    for (float& x : in) x = number();
    for (float& w : weights) w = number();
    for (float& b : bias) b = number();

    expected.resize(out.size());
    BiasClampF32 e = epilogue();
    e.out = expected.data();
    const auto weight = [this](int o, int y, int x, int i) {
      return weights[((size_t(o) * g.group_channels() + i) * g.kh + y) * g.kw + x];
    };
    reference_conv<float>(g, in.data(), 0.0f, weight,
                          [&](int64_t position, int o, float acc, float) { store_one(e, position, o, acc); });
  }
  BiasClampF32 epilogue() {
    constexpr float infinity = std::numeric_limits<float>::infinity();
    return {bias.data(), -infinity, infinity, out.data(), g.oc};
  }

  ConvGeometry g;
  std::vector<float> in, weights, bias, out, expected;
};

}  // namespace octavo::bench
