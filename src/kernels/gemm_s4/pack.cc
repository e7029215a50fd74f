// Packing: a byte holds the integers u of two k, of 16 columns and eight k a row,
//   nibbles[k / 8][n / 4][n % 4][k % 4] = u[n][k] | u[n][k + 4] << 4 for k % 8 < 4,    zero where n >= N or k >= K.
#include <algorithm>
#include <cstring>

#include "kernels/gemm_s4/gemm_s4.h"
#include "kernels/gemm_s4/packing.h"
#include "kernels/vectors.h"

namespace octavo::kernels {
namespace {

constexpr int kColumns = 16, kMostBlock = 128, kLeastBlock = 16;

Vector<float> to_float(Vector<int32_t> x) {
#if OCTAVO_SIMD
  return __builtin_convertvector(x, Vector<float>);
#else
  return static_cast<float>(x);
#endif
}

// f(column, k, its byte, its shift within it) for each integer.
template <class Panels, class F> void for_each_nibble(const PackedGemmS4& b, Panels* panels, F f) {
  const PackingS4 packing(b.block, b.blocks());
  for (int n = 0; n < b.n; ++n)
    for (int k = 0; k < b.k; ++k) {
      const ptrdiff_t at = n / kColumns * packing.panel_bytes + k / b.block * packing.record_bytes +
                           packing.nibbles + k % b.block / 8 * 64 + n % kColumns * 4 + k % 4;
      f(n, k, panels[at], k & 4);
    }
}

}  // namespace

int block_gemm_s4(int64_t block, int k) {
  if (block >= k) {
    block = kLeastBlock;
    while (block < std::min(k, kMostBlock)) block *= 2;
  }
  if (block > kMostBlock && block % kMostBlock == 0) return kMostBlock;
  return block >= kLeastBlock && block <= kMostBlock && (block & (block - 1)) == 0 ? int(block) : 0;
}

uint64_t packed_size_gemm_s4(int n, int k, int block) {
  return (uint64_t(n) + kColumns - 1) / kColumns *
         uint64_t(PackingS4(block, (k + block - 1) / block).panel_bytes);
}

PackedGemmS4 pack_gemm_s4(const GemmS4Kernel& kernel, const WeightsS4<const uint8_t>& w, void* memory) {
  auto* const panels = static_cast<char*>(memory);
  const PackedGemmS4 b{&kernel, w.n, w.k, block_gemm_s4(w.block, w.k), panels};
  std::fill_n(panels, packed_size_gemm_s4(w.n, w.k, b.block), 0);
  for_each_nibble(b, panels, [&](int n, int k, char& byte, int shift) {
    const uint8_t stored = w.integers[n * w.stride_n + k * w.stride_k];
    byte = static_cast<char>(byte | uint8_t(stored - w.low) << shift);
  });
  const PackingS4 packing(b.block, b.blocks());
  for (int n = 0; n < w.n; ++n)
    for (int block = 0; block < b.blocks(); ++block) {
      char* const record = panels + n / kColumns * packing.panel_bytes + block * packing.record_bytes;
      const int begin = block * b.block, end = std::min(begin + b.block, w.k);
      const ptrdiff_t at = n * w.scale_stride_n + begin / w.block * w.scale_stride_b;
      const int zero = (w.zero_point ? w.zero_point[at] : 0) - w.low;
      int sum = 0;
      for (int k = begin; k < end; ++k)
        sum += uint8_t(w.integers[n * w.stride_n + k * w.stride_k] - w.low) - zero;
      const int16_t pair[2] = {static_cast<int16_t>(-sum), static_cast<int16_t>(-zero)};
      std::memcpy(record + packing.scales + n % kColumns * 4, &w.scale[at], sizeof(float));
      std::memcpy(record + packing.pairs + n % kColumns * 4, pair, sizeof pair);
    }
  return b;
}

void unpack_gemm_s4(const PackedGemmS4& b, const WeightsS4<uint8_t>& w) {
  for_each_nibble(b, b.panels, [&](int n, int k, char byte, int shift) {
    w.integers[n * w.stride_n + k * w.stride_k] = static_cast<uint8_t>((uint8_t(byte) >> shift & 15) + w.low);
  });
}

void unpack_panel_f32(const PackedGemmS4& b, int panel, float* out) {
  constexpr int kStep = static_cast<int>(lanes<float>);
  const PackingS4 packing(b.block, b.blocks());
  const char* record = b.panels + panel * packing.panel_bytes;
  for (int begin = 0; begin < b.k; begin += b.block, record += packing.record_bytes)
    for (int column = 0; column < kColumns; column += kStep) {
      const char* const from = record + column * 4;
      const auto scale = load(reinterpret_cast<const float*>(from + packing.scales));
      const auto minus_zero = load(reinterpret_cast<const int32_t*>(from + packing.pairs)) >> 16;
      float* to = out + (column / 8 * ptrdiff_t(b.k) + begin) * 8 + column % 8;
      for (int k = 0; k < std::min(b.block, b.k - begin); ++k, to += 8) {
        const auto eight = load(reinterpret_cast<const int32_t*>(from + packing.nibbles + k / 8 * 64));
        const auto integers = (eight >> (k % 4 * 8 + (k & 4)) & 15) + minus_zero;
        store(to, to_float(integers) * scale);
      }
    }
}

PackedGemmS4 columns_of(PackedGemmS4 b, int begin, int end) {
  b.panels += begin / kColumns * PackingS4(b.block, b.blocks()).panel_bytes;
  b.n = end - begin;
  return b;
}

}  // namespace octavo::kernels
