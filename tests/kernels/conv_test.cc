#include "kernels/conv/conv.h"

#include <cmath>

#include "kernel_test.h"
#include "kernels/conv/reference.h"
#include "kernels/epilogue_scalar.h"

using namespace octavo;
using namespace octavo::kernels;
using namespace octavo::kernels::test;

namespace {

struct Channels {
  int in, out, groups;
};
const std::vector<Channels> channel_choices{{1, 1, 1},   {3, 8, 1}, {4, 9, 1}, {5, 2, 1},
                                            {16, 17, 1}, {6, 9, 3}, {4, 4, 4}};

std::vector<ConvGeometry> geometries() {
  std::vector<ConvGeometry> all;
  for (ConvGeometry g : conv_shapes()) {
    for (const Channels& channels : channel_choices) {
      g.c = channels.in;
      g.oc = channels.out;
      g.groups = channels.groups;
      all.push_back(g);
    }
  }
  for (int size : swept_sizes()) {
    const ConvGeometry g{.h = 3,
                         .w = size,
                         .c = 5,
                         .oh = 3,
                         .ow = size,
                         .oc = 9,
                         .kh = 3,
                         .kw = 3,
                         .pad_top = 1,
                         .pad_left = 1};
    all.push_back(g);
    ConvGeometry narrow = g;
    narrow.w = narrow.ow = 4;
    ConvGeometry many_inputs = narrow, many_outputs = narrow;
    many_inputs.c = many_outputs.oc = size;
    all.insert(all.end(), {many_inputs, many_outputs});
  }
  return all;
}

auto oihw(const ConvGeometry& g, const auto& weights) {
  return [&g, data = weights.data()](int o, int ky, int kx, int i) {
    return data[((ptrdiff_t(o) * g.group_channels() + i) * g.kh + ky) * g.kw + kx];
  };
}

#define CAPTURE_GEOMETRY(g)                                                                     \
  CAPTURE(g.n, g.h, g.w, g.c, g.oc, g.groups, g.kh, g.kw, g.stride_h, g.stride_w, g.dilation_h, \
          g.dilation_w, g.pad_top, g.pad_left)

void check_s8(const GemmS8Kernel& kernel, const ConvGeometry& g, Random& random) {
  const int highest = kernel.range == ActivationRange::u7 ? 127 : 255;
  const auto in = random.integers<uint8_t>(size_t(g.n) * size_t(g.h * g.w * g.c), 0, highest);
  const auto weights = random.integers<int8_t>(size_t(g.oc * g.depth()), -128, 127);
  const auto zero_point = uint8_t(random.integer(0, highest));
  const EpilogueData data(random, g.positions(), g.oc, float(highest) * 127.0f * std::sqrt(float(g.depth())),
                          highest);

  Exact memory(packed_size_conv_s8(kernel, g));
  const PackedConvS8 packed = pack_conv_s8(kernel, g, weights.data(), memory.get());
  Exact workspace(workspace_bytes_conv_s8(packed, g));
  const int64_t split = random.integer(0, int(g.positions()));
  const auto run = [&](const auto& epilogue) {
    conv_s8(packed, g, {in.data(), zero_point, 0, split, workspace.get()}, epilogue);
    conv_s8(packed, g, {in.data(), zero_point, split, g.positions(), workspace.get()}, epilogue);
  };
  const auto reference = [&](const auto& epilogue) {
    reference_conv<int32_t>(g, in.data(), zero_point, oihw(g, weights),
                            [&](int64_t position, int o, int32_t acc, int32_t sum) {
                              CHECK(packed.column_sum[o] == sum);
                              store_one(epilogue, position, o, acc, sum);
                            });
  };

  GuardedRows<uint8_t> expected(g.positions(), g.oc, 2), actual(g.positions(), g.oc, 2);
  reference(data.requantize(expected));
  run(data.requantize(actual));
  REQUIRE(actual.guards_intact());
  REQUIRE(actual == expected);

  const bool per_row = random.integer(0, 1) == 1;
  GuardedRows<float> expected_real(g.positions(), g.oc, 0), actual_real(g.positions(), g.oc, 0);
  reference(data.dequantize(expected_real, per_row));
  run(data.dequantize(actual_real, per_row));
  REQUIRE(actual_real.guards_intact());
  REQUIRE(actual_real == expected_real);
}

void check_f32(const GemmF32Kernel& kernel, const ConvGeometry& g, Random& random) {
  const auto in = random.reals(size_t(g.n) * size_t(g.h * g.w * g.c), -1, 1);
  const auto weights = random.reals(size_t(g.oc * g.depth()), -1, 1);
  const auto bias = random.reals(size_t(g.oc), -1, 1);
  Exact memory(packed_size_conv_f32(kernel, g));
  const PackedConvF32 packed = pack_conv_f32(kernel, g, weights.data(), memory.get());
  std::vector<float> unpacked(weights.size());
  unpack_conv_f32(packed, g, unpacked.data());
  REQUIRE(unpacked == weights);
  Exact workspace(workspace_bytes_conv_f32(packed, g));
  GuardedRows<float> out(g.positions(), g.oc, 2);
  const BiasClampF32 epilogue{bias.data(), 0, 6, out.out(), out.ldc()};
  const int64_t split = random.integer(0, int(g.positions()));
  conv_f32(packed, g, {in.data(), 0, split, workspace.get()}, epilogue);
  conv_f32(packed, g, {in.data(), split, g.positions(), workspace.get()}, epilogue);
  REQUIRE(out.guards_intact());
  bool close = true;
  reference_conv<double>(
      g, in.data(), 0.0f, oihw(g, weights), [&](int64_t position, int o, double sum, double) {
        const double expected = std::min(std::max(sum + bias[size_t(o)], 0.0), 6.0);
        close = close && std::abs(out.out()[position * out.ldc() + o] - expected) <= 1e-6 * (g.depth() + 1);
      });
  REQUIRE(close);
}

}  // namespace

TEST_CASE("every kernel convolves to the bits of the reference") {
  for (const GemmS8Kernel& kernel : gemm_s8_kernels()) {
    DYNAMIC_SECTION(kernel.name) {
      if (!select_gemm_s8(facts_for(kernel.name), kernel.range, kernel.name))
        SKIP("not exact on this engine");
      Random random(3);
      for (const ConvGeometry& g : geometries()) {
        CAPTURE_GEOMETRY(g);
        check_s8(kernel, g, random);
      }
    }
  }
}

TEST_CASE("every float kernel convolves") {
  for (const GemmF32Kernel& kernel : gemm_f32_kernels()) {
    DYNAMIC_SECTION(kernel.name) {
      Random random(4);
      for (const ConvGeometry& g : geometries()) {
        CAPTURE_GEOMETRY(g);
        check_f32(kernel, g, random);
      }
    }
  }
}
