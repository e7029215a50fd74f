// A function of one 8-bit integer, as a table.
#pragma once

#include <cstdint>

namespace octavo::kernels {

inline constexpr int kTableSize = 256;

/// out[i] = table[in[i]]; `out` may be `in`. One load an element beats sixteen shuffles for sixteen elements.
void lookup(const uint8_t* table, const uint8_t* in, int64_t n, uint8_t* out);

}  // namespace octavo::kernels
