#include "kernels/lut/lut.h"

#include <cstddef>

namespace octavo::kernels {

void lookup(const uint8_t* table, const uint8_t* in, int64_t n, uint8_t* out) {
  const auto count = static_cast<size_t>(n);
  size_t i = 0;
  // Eight loads before eight stores: the stores might change what is to be loaded.
  for (; i + 8 <= count; i += 8) {
    uint8_t eight[8];
    for (size_t j = 0; j < 8; ++j) eight[j] = table[in[i + j]];
    for (size_t j = 0; j < 8; ++j) out[i + j] = eight[j];
  }
  for (; i < count; ++i) out[i] = table[in[i]];
}

}  // namespace octavo::kernels
