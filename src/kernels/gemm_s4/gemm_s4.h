// C[m][n] = clamp(a_scale[m] · Σ_b scale[n][b] · P[m][n][b] + bias[n]): A u8 activations, B integers of 4 bits with a
// scale and a zero point for each block b of neighbouring k,
//   P[m][n][b] = Σ_{k in b} (A[m][k] - a_zero_point[m]) · (B[n][k] - zero_point[n][b]).
// P is exact, and so is float(P): |P| <= 128 · 255 · 151 < 2^24. The sum over b starts with 0 and adds one product
// after the other in ascending order; every operation of floats is rounded by itself. So all kernels give the same
// bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/isa.h"
#include "kernels/epilogue.h"

namespace octavo::kernels {

struct PackedGemmS4;

/// Rows of A as a kernel reads them, block by block: a_zero_point - 128 and Σ_{k in b} (a - 128), two s16, then
/// a - 128, as s8 or, by eights with the even k first, as s16; zero from K to a whole block.
struct GemmS4Rows {
  const char* first;
  ptrdiff_t row_bytes;
  int m;
};

/// One row of kernels.inc: mr×8 outputs a tile where there are several rows of A, 1×16 where there is one.
struct GemmS4Kernel {
  const char* name;
  Isa isa;
  int mr, nr;
  int element;  ///< bytes of an element of A's rows
  bool (*usable)(const IsaFacts&);
  /// out[m][n] = Σ_b scale · P. `scratch` holds the unpacked integers of eight columns, where m > 1.
  void (*run)(const PackedGemmS4&, const GemmS4Rows&, float* out, ptrdiff_t ldc, char* scratch);
};

/// B[n][k] = integers[n · stride_n + k · stride_k] - low, where what is stored less `low` is 0..15 in a byte: low is -8
/// for s8 and 0 for u8. Column n's block b has the scale (and zero point of that type, or null for zeros) at
/// [n · scale_stride_n + b · scale_stride_b].
template <class Byte> struct WeightsS4 {
  Byte* integers;
  int n, k;
  ptrdiff_t stride_n, stride_k;
  int low;
  const float* scale;
  const int32_t* zero_point;
  ptrdiff_t scale_stride_n, scale_stride_b;
  int64_t block;  ///< of k that share a scale; the last one may be shorter
};

/// Packed weights of one product; a view of memory that the caller owns. Immutable, shared between threads.
struct PackedGemmS4 {
  const GemmS4Kernel* kernel;
  int n, k;
  int block;           ///< of k that are summed as integers: 16, 32, 64 or 128
  const char* panels;  ///< see pack.cc

  int blocks() const { return (k + block - 1) / block; }
};

/// The block of a product whose scales have `block`: that, or a part of it; of whole rows at most 128. 0 where there
/// is none.
int block_gemm_s4(int64_t block, int k);

/// The table, best first, without the rows that this build does not contain.
std::span<const GemmS4Kernel> gemm_s4_kernels();

/// The best kernel for this engine, or the one named `force`; null when there is none of that name, or it is not exact
/// on this engine. Without `force` never null.
const GemmS4Kernel* select_gemm_s4(const IsaFacts&, std::string_view force = {});

/// Bytes of memory that pack_gemm_s4 fills.
uint64_t packed_size_gemm_s4(int n, int k, int block);

/// Packs into `memory` (16-byte aligned, packed_size_gemm_s4 bytes), which must outlive the result. There must be a
/// block_gemm_s4, and zero points are those of 8 bits. Every kernel reads the same packing.
PackedGemmS4 pack_gemm_s4(const GemmS4Kernel&, const WeightsS4<const uint8_t>&, void* memory);

/// Writes the integers that were packed, where the weights they were packed from had them.
void unpack_gemm_s4(const PackedGemmS4&, const WeightsS4<uint8_t>&);

/// The columns [16 · panel, 16 · panel + 16) as floats, (B - zero_point) · scale, missing ones 0: two panels of
/// gemm_f32, out[column / 8][k][column % 8].
void unpack_panel_f32(const PackedGemmS4&, int panel, float* out);

/// The product's columns [begin, end); `begin` is a multiple of the kernel's nr, and the epilogue to go with it is
/// shifted(e, 0, begin).
PackedGemmS4 columns_of(PackedGemmS4, int begin, int end);

/// Bytes of scratch memory for one call (16-byte aligned) with m rows.
uint64_t workspace_bytes_gemm_s4(const PackedGemmS4&, int m);

/// A: u8 [m, k], row-major with `lda` elements from row to row. Parameters are per row where `row_param_stride` is 1,
/// one pair for all rows where it is 0. Split over threads by rows, each with a workspace of its own.
struct GemmS4Args {
  const uint8_t* a;
  ptrdiff_t lda;
  int m;
  const float* a_scale;
  const int32_t* a_zero_point;
  int row_param_stride;
  void* workspace;
};

void gemm_s4(const PackedGemmS4&, const GemmS4Args&, const BiasClampF32&);

}  // namespace octavo::kernels
