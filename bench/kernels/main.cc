// Times every row of the kernel tables on matrix products and convolutions of real networks.
//   octavo_kernels_bench [PATTERN]     only cases whose line contains PATTERN
// A line: case, row, best and median GMAC/s of the samples. Answers are checked by the tests, not here.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "kernels/conv/conv.h"
#include "kernels/dwconv_f32/dwconv_f32.h"
#include "kernels/dwconv_s8/dwconv_s8.h"

using namespace octavo;
using namespace octavo::kernels;

namespace {

const char* pattern = "";

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Runs `work` in many samples of half a millisecond and more, short enough that some of them are not interrupted, and
/// prints the rate of the best and the median one.
template <class Work> void report(const std::string& name, const char* row, double macs, Work&& work) {
  char label[160];
  std::snprintf(label, sizeof label, "%-34s %-22s", name.c_str(), row);
  if (!std::strstr(label, pattern)) return;
  constexpr double sample_seconds = 0.0005;
  int repetitions = 1;
  for (;;) {
    const double start = seconds();
    for (int i = 0; i < repetitions; ++i) work();
    if (seconds() - start > sample_seconds) break;
    repetitions *= 2;
  }
  std::vector<double> rates;
  for (int sample = 0; sample < 200; ++sample) {
    const double start = seconds();
    for (int i = 0; i < repetitions; ++i) work();
    rates.push_back(macs * repetitions / (seconds() - start) * 1e-9);
  }
  std::sort(rates.begin(), rates.end());
  std::printf("%s %8.2f %8.2f\n", label, rates.back(), rates[rates.size() / 2]);
  std::fflush(stdout);
}

struct Aligned {
  explicit Aligned(size_t bytes) : storage((bytes + 31) / 16 * 2) {}
  void* get() {
    return reinterpret_cast<void*>((reinterpret_cast<uintptr_t>(storage.data()) + 15) / 16 * 16);
  }
  std::vector<uint64_t> storage;
};

struct Int8Data {
  std::vector<uint8_t> in, out;
  std::vector<int8_t> weights;
  std::vector<int32_t> bias;
  std::vector<float> multiplier;

  Int8Data(size_t inputs, size_t outputs, size_t weight_count, int n)
      : in(inputs), out(outputs), weights(weight_count), bias(size_t(n), 100), multiplier(size_t(n), 0.003f) {
    uint32_t state = 1;
    const auto random = [&] { return (state = state * 1664525 + 1013904223) >> 16; };
    for (uint8_t& x : in) x = uint8_t(random() % 128);
    // Four uniform numbers make a bell, as weights have: the largest of a filter is some three deviations.
    for (int8_t& w : weights)
      w = int8_t(int(random() % 64 + random() % 64 + random() % 64 + random() % 63) - 126);
  }
  RequantizeU8 epilogue(int ldc) { return {bias.data(), multiplier.data(), 3, 0, 255, out.data(), ldc}; }
};

constexpr float infinity = std::numeric_limits<float>::infinity();

void bench_gemm(int m, int n, int k) {
  const std::string name = "gemm " + std::to_string(m) + "x" + std::to_string(n) + "x" + std::to_string(k);
  const double macs = double(m) * n * k;
  for (const GemmS8Kernel& kernel : gemm_s8_kernels()) {
    if (!select_gemm_s8(isa_facts(), kernel.range, kernel.name)) continue;
    Int8Data data(size_t(m) * k, size_t(m) * n, size_t(n) * k, n);
    Aligned memory(packed_size_gemm_s8(kernel, n, k));
    const PackedGemmS8 packed = pack_gemm_s8(kernel, weights_nk(data.weights.data(), n, k), memory.get());
    Aligned workspace(workspace_bytes_gemm_s8(packed));
    report(name, kernel.name, macs,
           [&] { gemm_s8(packed, {data.in.data(), k, m, workspace.get()}, data.epilogue(n)); });
  }
  for (const GemmF32Kernel& kernel : gemm_f32_kernels()) {
    std::vector<float> a(size_t(m) * k, 1.0f), b(size_t(n) * k, 0.5f), c(size_t(m) * n);
    Aligned memory(packed_size_gemm_f32(kernel, n, k));
    const PackedGemmF32 packed = pack_gemm_f32(kernel, weights_nk(b.data(), n, k), memory.get());
    report(name, ("f32." + std::string(kernel.name)).c_str(), macs,
           [&] { gemm_f32(packed, {a.data(), k, m}, {nullptr, 0, infinity, c.data(), n}); });
  }
}

ConvGeometry same(int size, int channels, int outputs, int kernel, int stride, int groups) {
  ConvGeometry g{.h = size,
                 .w = size,
                 .c = channels,
                 .oc = outputs,
                 .kh = kernel,
                 .kw = kernel,
                 .stride_h = stride,
                 .stride_w = stride,
                 .pad_top = kernel / 2,
                 .pad_left = kernel / 2,
                 .groups = groups};
  g.oh = g.ow = (size + 2 * (kernel / 2) - kernel) / stride + 1;
  return g;
}

std::string describe(const char* kind, const ConvGeometry& g) {
  char text[96];
  std::snprintf(text, sizeof text, "%s %dx%d/%d %d->%d @%d", kind, g.kh, g.kw, g.stride_h, g.c, g.oc, g.h);
  return text;
}

void bench_conv(const ConvGeometry& g) {
  const double macs = double(g.positions()) * g.oc * g.depth();
  const size_t inputs = size_t(g.h) * g.w * g.c, outputs = size_t(g.positions()) * g.oc,
               weights = size_t(g.oc) * g.depth();
  for (const GemmS8Kernel& kernel : gemm_s8_kernels()) {
    if (!select_gemm_s8(isa_facts(), kernel.range, kernel.name)) continue;
    Int8Data data(inputs, outputs, weights, g.oc);
    Aligned memory(packed_size_conv_s8(kernel, g));
    const PackedConvS8 packed = pack_conv_s8(kernel, g, data.weights.data(), memory.get());
    Aligned workspace(workspace_bytes_conv_s8(packed, g));
    report(describe("conv", g), kernel.name, macs, [&] {
      conv_s8(packed, g, {data.in.data(), 3, 0, g.positions(), workspace.get()}, data.epilogue(g.oc));
    });
  }
  for (const GemmF32Kernel& kernel : gemm_f32_kernels()) {
    std::vector<float> in(inputs, 1.0f), w(weights, 0.5f), out(outputs);
    Aligned memory(packed_size_conv_f32(kernel, g));
    const PackedConvF32 packed = pack_conv_f32(kernel, g, w.data(), memory.get());
    Aligned workspace(workspace_bytes_conv_f32(packed, g));
    report(describe("conv", g), ("f32." + std::string(kernel.name)).c_str(), macs, [&] {
      conv_f32(packed, g, {in.data(), 0, g.positions(), workspace.get()},
               {nullptr, 0, infinity, out.data(), g.oc});
    });
  }
}

void bench_dwconv(const ConvGeometry& g) {
  const double macs = double(g.positions()) * g.c * g.kh * g.kw;
  const size_t inputs = size_t(g.h) * g.w * g.c, outputs = size_t(g.positions()) * g.c,
               weights = size_t(g.c) * g.kh * g.kw;
  for (const DwconvS8Kernel& kernel : dwconv_s8_kernels()) {
    if (!select_dwconv_s8(isa_facts(), kernel.range, kernel.name)) continue;
    Int8Data data(inputs, outputs, weights, g.c);
    Aligned memory(packed_size_dwconv_s8(kernel, g));
    const PackedDwconvS8 packed = pack_dwconv_s8(kernel, g, data.weights.data(), memory.get());
    Aligned workspace(workspace_bytes_dwconv_s8(packed, g));
    report(describe("dwconv", g), kernel.name, macs,
           [&] { dwconv_s8(packed, g, {data.in.data(), 3, 0, g.oh, workspace.get()}, data.epilogue(g.c)); });
  }
  for (const DwconvF32Kernel& kernel : dwconv_f32_kernels()) {
    std::vector<float> in(inputs, 1.0f), w(weights, 0.5f), out(outputs);
    Aligned memory(packed_size_dwconv_f32(kernel, g));
    const PackedDwconvF32 packed = pack_dwconv_f32(kernel, g, w.data(), memory.get());
    Aligned workspace(workspace_bytes_dwconv_f32(packed, g));
    report(describe("dwconv", g), ("f32." + std::string(kernel.name)).c_str(), macs, [&] {
      dwconv_f32(packed, g, {in.data(), 0, g.oh, workspace.get()}, {nullptr, 0, infinity, out.data(), g.c});
    });
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) pattern = argv[1];
  std::printf("%-34s %-22s %8s %8s  GMAC/s\n", "case", "row", "best", "median");
  for (const auto& [m, n, k] : {std::array{1, 384, 384},
                                {1, 1000, 1280},
                                {8, 1536, 384},
                                {128, 384, 384},
                                {196, 256, 1024},
                                {784, 128, 512},
                                {3136, 64, 576},
                                {512, 512, 512}}) {
    bench_gemm(m, n, k);
  }
  bench_conv(same(224, 3, 32, 3, 2, 1));
  bench_conv(same(56, 64, 64, 3, 1, 1));
  for (const auto& [size, in, out] : {std::array{112, 32, 16},
                                      {112, 16, 96},
                                      {56, 24, 144},
                                      {28, 240, 40},
                                      {14, 480, 112},
                                      {14, 112, 672},
                                      {7, 1152, 192},
                                      {7, 320, 1280}}) {
    bench_conv(same(size, in, out, 1, 1, 1));
  }
  for (const auto& [size, channels, kernel, stride] : {std::array{112, 32, 3, 1},
                                                       {112, 96, 3, 2},
                                                       {56, 144, 3, 1},
                                                       {56, 144, 5, 2},
                                                       {28, 240, 5, 1},
                                                       {28, 240, 3, 2},
                                                       {14, 480, 3, 1},
                                                       {14, 480, 5, 1},
                                                       {14, 672, 5, 2},
                                                       {7, 1152, 5, 1},
                                                       {7, 1152, 3, 1}}) {
    bench_dwconv(same(size, channels, channels, kernel, stride, channels));
  }
}
