// Packing. s16: taps[channel][tap]. s16_row_pairs, for the pairs of row_pairs.h:
//   taps[channel / 4][phase][pair][kx][channel % 4][i] = w[channel][2·pair + i - phase][kx],   zero where there is
//   none.
// Behind them: column_sum[channels].
#include <cstring>

#include "kernels/dwconv_s8/dwconv_s8.h"
#include "kernels/dwconv_s8/row_pairs.h"

namespace octavo::kernels {
namespace {

uint64_t taps_bytes(const DwconvS8Kernel& kernel, const ConvGeometry& g) {
  uint64_t bytes = 0;
  switch (kernel.form) {
    case TapForm::s16: bytes = uint64_t(g.c) * uint64_t(g.kh) * uint64_t(g.kw) * 2; break;
    case TapForm::s16_row_pairs:
      bytes = (uint64_t(g.c) + 3) / 4 * uint64_t(pairs_in_window(g.kh, 0) + pairs_in_window(g.kh, 1)) *
              uint64_t(g.kw) * 16;
      break;
  }
  return (bytes + 15) / 16 * 16;
}

void pack_row_pairs(const ConvGeometry& g, const int16_t* weights, int16_t* taps) {
  for (int block = 0; block < g.c; block += 4) {
    for (int phase = 0; phase < 2; ++phase) {
      for (int pair = 0; pair < pairs_in_window(g.kh, phase); ++pair) {
        for (int kx = 0; kx < g.kw; ++kx) {
          for (int i = 0; i < 8; ++i, ++taps) {
            const int c = block + i / 2, ky = 2 * pair + i % 2 - phase;
            const bool exists = c < g.c && ky >= 0 && ky < g.kh;
            *taps = exists ? weights[(ptrdiff_t(c) * g.kh + ky) * g.kw + kx] : int16_t{0};
          }
        }
      }
    }
  }
}

}  // namespace

uint64_t packed_size_dwconv_s8(const DwconvS8Kernel& kernel, const ConvGeometry& g) {
  return taps_bytes(kernel, g) + uint64_t(g.c) * sizeof(int32_t);
}

PackedDwconvS8 pack_dwconv_s8(const DwconvS8Kernel& kernel, const ConvGeometry& g, const int16_t* weights,
                              void* memory) {
  const int taps = g.kh * g.kw;
  switch (kernel.form) {
    case TapForm::s16: std::memcpy(memory, weights, size_t(g.c) * size_t(taps) * 2); break;
    case TapForm::s16_row_pairs: pack_row_pairs(g, weights, static_cast<int16_t*>(memory)); break;
  }
  int32_t* column_sum = reinterpret_cast<int32_t*>(static_cast<char*>(memory) + taps_bytes(kernel, g));
  for (int c = 0; c < g.c; ++c) {
    column_sum[c] = 0;
    for (int tap = 0; tap < taps; ++tap) column_sum[c] += weights[ptrdiff_t(c) * taps + tap];
  }
  return {&kernel, g.c, g.kh, g.kw, memory, column_sum};
}

}  // namespace octavo::kernels
