#include <cmath>

#include "kernel_test.h"
#include "kernels/dwconv_f32/dwconv_f32.h"
#include "kernels/dwconv_f32/reference.h"
#include "kernels/dwconv_s8/dwconv_s8.h"
#include "kernels/dwconv_s8/reference.h"

using namespace octavo;
using namespace octavo::kernels;
using namespace octavo::kernels::test;

namespace {

/// Four rows of w pixels, padded so that stride 1 keeps the size.
ConvGeometry depthwise(int w, int c, int kernel, int stride) {
  return {.h = 4,
          .w = w,
          .c = c,
          .oh = 3 / stride + 1,
          .ow = (w - 1) / stride + 1,
          .oc = c,
          .kh = kernel,
          .kw = kernel,
          .stride_h = stride,
          .stride_w = stride,
          .pad_top = kernel / 2,
          .pad_left = kernel / 2,
          .groups = c};
}

std::vector<ConvGeometry> geometries() {
  std::vector<ConvGeometry> all;
  for (ConvGeometry g : conv_shapes()) {
    for (int channels : {1, 3, 4, 7, 8, 12, 16, 17, 33, 70}) {
      g.c = g.oc = g.groups = channels;
      all.push_back(g);
    }
  }
  for (int size : swept_sizes()) {
    for (int kernel : {3, 5}) {
      for (int stride : {1, 2}) {
        all.push_back(depthwise(size, 5, kernel, stride));
        all.push_back(depthwise(9, size, kernel, stride));
      }
    }
  }
  all.push_back(depthwise(300, 50, 5, 1));  // wide, and more than one chunk of channels
  ConvGeometry padded{.h = 2,
                      .w = 6,
                      .c = 24,
                      .oh = 9,
                      .ow = 6,
                      .oc = 24,
                      .kh = 3,
                      .kw = 3,
                      .pad_top = 5,
                      .pad_left = 1,
                      .groups = 24};  // windows of nothing but padding
  all.push_back(padded);
  return all;
}

#define CAPTURE_GEOMETRY(g)                                                                              \
  CAPTURE(g.n, g.h, g.w, g.c, g.kh, g.kw, g.stride_h, g.stride_w, g.dilation_h, g.dilation_w, g.pad_top, \
          g.pad_left)

void check_s8(const DwconvS8Kernel& kernel, const ConvGeometry& g, bool small_weights, Random& random) {
  const int highest = kernel.range == ActivationRange::u7 ? 127 : 255;
  const int largest = small_weights ? 3 : 256;
  const auto in = random.integers<uint8_t>(size_t(g.n) * size_t(g.h * g.w * g.c), 0, highest);
  const auto weights = random.integers<int16_t>(size_t(g.c * g.kh * g.kw), 1 - largest, largest - 1);
  const auto zero_point = uint8_t(random.integer(0, highest));
  const float reach = float(highest * largest) * std::sqrt(float(g.kh * g.kw));
  const EpilogueData data(random, g.positions(), g.c, reach, highest);
  const auto weight = [&](int c, int ky, int kx) { return weights[size_t((c * g.kh + ky) * g.kw + kx)]; };

  Exact memory(packed_size_dwconv_s8(kernel, g));
  const PackedDwconvS8 packed = pack_dwconv_s8(kernel, g, weights.data(), memory.get());
  REQUIRE(packed.kernel == &kernel);
  Exact workspace(workspace_bytes_dwconv_s8(packed, g));
  const int rows = g.n * g.oh, split = random.integer(0, rows);
  const auto run = [&](const auto& epilogue) {
    dwconv_s8(packed, g, {in.data(), zero_point, 0, split, workspace.get()}, epilogue);
    dwconv_s8(packed, g, {in.data(), zero_point, split, rows, workspace.get()}, epilogue);
  };

  GuardedRows<uint8_t> expected(g.positions(), g.c, 2), actual(g.positions(), g.c, 2);
  reference_dwconv_s8(g, in.data(), zero_point, weight, 0, rows, data.requantize(expected));
  run(data.requantize(actual));
  REQUIRE(actual.guards_intact());
  REQUIRE(actual == expected);

  const bool per_row = random.integer(0, 1) == 1;
  GuardedRows<float> expected_real(g.positions(), g.c, 0), actual_real(g.positions(), g.c, 0);
  reference_dwconv_s8(g, in.data(), zero_point, weight, 0, rows, data.dequantize(expected_real, per_row));
  run(data.dequantize(actual_real, per_row));
  REQUIRE(actual_real.guards_intact());
  REQUIRE(actual_real == expected_real);
}

void check_f32(const DwconvF32Kernel& kernel, const ConvGeometry& g, Random& random) {
  const auto in = random.reals(size_t(g.n) * size_t(g.h * g.w * g.c), -1, 1);
  const auto weights = random.reals(size_t(g.c * g.kh * g.kw), -1, 1);
  const auto bias = random.reals(size_t(g.c), -1, 1);
  Exact memory(packed_size_dwconv_f32(kernel, g));
  const PackedDwconvF32 packed = pack_dwconv_f32(kernel, g, weights.data(), memory.get());
  std::vector<float> unpacked(weights.size());
  unpack_dwconv_f32(packed, g, unpacked.data());
  REQUIRE(unpacked == weights);
  REQUIRE(packed.kernel == &kernel);
  Exact workspace(workspace_bytes_dwconv_f32(packed, g));
  GuardedRows<float> expected(g.positions(), g.c, 2), actual(g.positions(), g.c, 2);
  const int rows = g.n * g.oh, split = random.integer(0, rows);
  const auto epilogue = [&](GuardedRows<float>& out) {
    return BiasClampF32{bias.data(), 0, 6, out.out(), out.ldc()};
  };
  reference_dwconv_f32(
      g, in.data(), [&](int c, int ky, int kx) { return weights[size_t((c * g.kh + ky) * g.kw + kx)]; }, 0,
      rows, epilogue(expected));
  dwconv_f32(packed, g, {in.data(), 0, split, workspace.get()}, epilogue(actual));
  dwconv_f32(packed, g, {in.data(), split, rows, workspace.get()}, epilogue(actual));
  REQUIRE(actual.guards_intact());
  float difference = 0;
  for (int64_t i = 0; i < g.positions() * expected.ldc(); ++i) {
    difference = std::max(difference, std::abs(expected.out()[i] - actual.out()[i]));
  }
  REQUIRE(difference <= 1e-6f * float(g.kh * g.kw + 1));
}

}  // namespace

TEST_CASE("every dwconv_s8 kernel gives the bits of the reference") {
  for (const DwconvS8Kernel& kernel : dwconv_s8_kernels()) {
    DYNAMIC_SECTION(kernel.name) {
      const DwconvS8Kernel* forced = select_dwconv_s8(facts_for(kernel.name), kernel.range, kernel.name);
      if (!forced) SKIP("not exact on this engine");
      REQUIRE(forced == &kernel);
      Random random(5);
      for (const ConvGeometry& g : geometries()) {
        CAPTURE_GEOMETRY(g);
        check_s8(kernel, g, false, random);
        check_s8(kernel, g, true, random);
      }
    }
  }
}

TEST_CASE("every dwconv_f32 kernel convolves") {
  for (const DwconvF32Kernel& kernel : dwconv_f32_kernels()) {
    DYNAMIC_SECTION(kernel.name) {
      REQUIRE(select_dwconv_f32(isa_facts(), kernel.name) == &kernel);
      Random random(6);
      for (const ConvGeometry& g : geometries()) {
        CAPTURE_GEOMETRY(g);
        check_f32(kernel, g, random);
      }
    }
  }
}

TEST_CASE("dwconv selection never falls back from a forced kernel") {
  IsaFacts scalar;
#if OCTAVO_COMPARISON_ROWS
  REQUIRE(std::string(select_dwconv_s8(scalar, ActivationRange::u8)->name) == "scalar");
  REQUIRE(std::string(select_dwconv_f32(scalar)->name) == "scalar");
#endif
  REQUIRE(select_dwconv_s8(scalar, ActivationRange::u8, "simd_dot_i16x8") == nullptr);
  REQUIRE(select_dwconv_f32(scalar, "simd_mul_add") == nullptr);
}
