// What the tests of all kernel families share.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/isa.h"
#include "kernels/conv/geometry.h"
#include "kernels/epilogue.h"

namespace octavo::kernels::test {

class Random {
 public:
  explicit Random(uint32_t seed) : engine_(seed) {}

  int integer(int lo, int hi) { return lo + int(engine_() % uint32_t(hi - lo + 1)); }
  float real(float lo, float hi) { return lo + (hi - lo) * float(engine_() >> 8) * 0x1p-24f; }

  /// Ends of the range are frequent: that is where kernels overflow.
  template <class T> std::vector<T> integers(size_t count, int lo, int hi) {
    std::vector<T> values(count);
    for (T& value : values) {
      const int kind = integer(0, 9);
      value = T(kind == 0 ? lo : kind == 1 ? hi : integer(lo, hi));
    }
    return values;
  }
  std::vector<float> reals(size_t count, float lo, float hi) {
    std::vector<float> values(count);
    for (float& value : values) value = real(lo, hi);
    return values;
  }

 private:
  std::minstd_rand engine_;
};

/// Output with guard elements around and between its rows, which a kernel must leave alone.
template <class T> class GuardedRows {
 public:
  GuardedRows(int64_t rows, int columns, int gap)
      : rows_(rows),
        columns_(columns),
        ldc_(columns + gap),
        data_(size_t(rows * ldc_) + 2 * margin, guard()) {}

  T* out() { return data_.data() + margin; }
  ptrdiff_t ldc() const { return ldc_; }
  /// The same bits, guards included.
  bool operator==(const GuardedRows& other) const {
    return std::memcmp(data_.data(), other.data_.data(), data_.size() * sizeof(T)) == 0;
  }
  bool guards_intact() const {
    for (size_t i = 0; i < data_.size(); ++i) {
      const auto at = int64_t(i) - margin;
      const bool inside = at >= 0 && at < rows_ * ldc_ && at % ldc_ < columns_;
      if (!inside && data_[i] != guard()) return false;
    }
    return true;
  }

 private:
  static constexpr int margin = 64;
  static T guard() { return T(77); }
  int64_t rows_;
  int columns_;
  ptrdiff_t ldc_;
  std::vector<T> data_;
};

/// Memory of exactly `bytes`, aligned to 16, so that a sanitizer sees the first byte too many.
class Exact {
 public:
  explicit Exact(size_t bytes) : memory_(static_cast<char*>(::operator new(bytes, std::align_val_t(16)))) {
    std::memset(memory_, 0x5A, bytes);
  }
  ~Exact() { ::operator delete(memory_, std::align_val_t(16)); }
  Exact(const Exact&) = delete;
  Exact& operator=(const Exact&) = delete;
  void* get() { return memory_; }

 private:
  char* memory_;
};

/// An engine on which the row of a kernel table that is so named may run: this one in WebAssembly, and in native builds
/// one made up to suit it, as native rows compute what their instruction is assumed to do.
inline IsaFacts facts_for([[maybe_unused]] std::string_view kernel) {
#ifdef __wasm__
  return isa_facts();
#else
  IsaFacts facts = isa_facts();
  facts.dot_high_bit = kernel.contains("signed_dot") && !kernel.contains("unsigned")
                           ? HighBit::reads_signed
                           : HighBit::reads_unsigned;
  facts.dot_saturates = false;
  return facts;
#endif
}

/// Epilogue parameters for n columns.
struct EpilogueData {
  std::vector<int32_t> bias;
  std::vector<float> multiplier, scale, real_bias, a_scale;
  std::vector<int32_t> a_zero_point, a_sum, w_zero_point;
  int32_t zero_point, qmin, qmax;

  /// `reach` is about the largest accumulator; some results clamp at both ends, some do not.
  EpilogueData(Random& random, int64_t m, int n, float reach, int max_zero_point)
      : bias(random.integers<int32_t>(size_t(n), -int(reach / 4) - 1, int(reach / 4) + 1)),
        multiplier(random.reals(size_t(n), 20.0f / reach, 600.0f / reach)),
        scale(random.reals(size_t(n), 1e-4f, 0.01f)),
        real_bias(random.reals(size_t(n), -1, 1)),
        a_scale(random.reals(size_t(m), 1e-3f, 0.1f)),
        a_zero_point(random.integers<int32_t>(size_t(m), 0, max_zero_point)),
        a_sum(random.integers<int32_t>(size_t(m), -5000, 5000)),
        w_zero_point(random.integers<int32_t>(size_t(n), -128, 127)),
        zero_point(random.integer(0, 255)),
        qmin(random.integer(0, 1) ? 0 : zero_point),
        qmax(random.integer(0, 1) ? 255 : random.integer(zero_point, 255)) {
    if (n > 2) multiplier[1] = 1e30f;  // overflows float
  }

  RequantizeU8 requantize(GuardedRows<uint8_t>& out) const {
    return {bias.data(), multiplier.data(), zero_point, qmin, qmax, out.out(), out.ldc()};
  }
  DequantizeF32 dequantize(GuardedRows<float>& out, bool per_row) const {
    return {a_scale.data(),
            a_zero_point.data(),
            per_row ? 1 : 0,
            scale.data(),
            per_row ? real_bias.data() : nullptr,
            per_row ? -std::numeric_limits<float>::infinity() : 0.0f,
            std::numeric_limits<float>::infinity(),
            out.out(),
            out.ldc(),
            per_row ? w_zero_point.data() : nullptr,
            per_row ? a_sum.data() : nullptr};
  }
};

/// Sizes at which a kernel may go wrong: small ones, and those around powers of two and multiples of tiles.
inline std::vector<int> swept_sizes() {
  std::vector<int> sizes;
  for (int size = 1; size <= 17; ++size) sizes.push_back(size);
  for (int middle : {24, 32, 48, 64, 96, 128, 256}) {
    for (int size : {middle - 1, middle, middle + 1}) sizes.push_back(size);
  }
  return sizes;
}

/// Convolution shapes that meet borders, strides, dilations and batches; groups and channels are set by the caller.
inline std::vector<ConvGeometry> conv_shapes() {
  std::vector<ConvGeometry> shapes;
  const auto add = [&](ConvGeometry g, int pad_bottom, int pad_right) {
    g.oh = (g.h + g.pad_top + pad_bottom - g.dilation_h * (g.kh - 1) - 1) / g.stride_h + 1;
    g.ow = (g.w + g.pad_left + pad_right - g.dilation_w * (g.kw - 1) - 1) / g.stride_w + 1;
    shapes.push_back(g);
  };
  for (int k : {1, 2, 3, 5, 7}) {
    for (int stride : {1, 2, 3}) {
      add({.n = 2,
           .h = 9,
           .w = 11,
           .kh = k,
           .kw = k,
           .stride_h = stride,
           .stride_w = stride,
           .pad_top = k / 2,
           .pad_left = k / 2},
          k / 2, k / 2);
    }
  }
  add({.h = 8, .w = 10, .kh = 3, .kw = 3, .stride_h = 2, .stride_w = 2}, 1,
      1);  // asymmetric, as "SAME" in TensorFlow
  add({.h = 12, .w = 13, .kh = 3, .kw = 3, .dilation_h = 2, .dilation_w = 3, .pad_top = 2, .pad_left = 3}, 2,
      3);
  add({.h = 13, .w = 12, .kh = 5, .kw = 3, .stride_h = 2, .dilation_h = 2, .pad_top = 4, .pad_left = 1}, 4,
      1);
  add({.h = 1, .w = 30, .kh = 1, .kw = 5, .stride_w = 2, .pad_left = 2}, 0, 2);  // 1-D
  add({.h = 30, .w = 1, .kh = 4, .kw = 1, .pad_top = 3}, 0, 0);
  add({.h = 3, .w = 2, .kh = 5, .kw = 5, .pad_top = 4, .pad_left = 4}, 4,
      4);                                                    // windows with nothing but padding
  add({.n = 3, .h = 5, .w = 7}, 0, 0);                       // pointwise
  add({.h = 6, .w = 7, .pad_top = 1, .pad_left = 1}, 1, 1);  // 1×1 with padding
  add({.n = 1, .h = 21, .w = 33, .kh = 3, .kw = 3, .pad_top = 1, .pad_left = 1}, 1, 1);
  return shapes;
}

}  // namespace octavo::kernels::test
