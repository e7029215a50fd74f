// C[M,N] = clamp(A[M,K] · B[K,N] + bias): float32, B packed ahead of time.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "base/isa.h"
#include "kernels/epilogue.h"
#include "kernels/weights.h"

namespace octavo::kernels {

struct PackedGemmF32;

/// One row of kernels.inc: a microkernel of mr×nr outputs.
struct GemmF32Kernel {
  const char* name;
  Isa isa;
  int mr, nr;
  /// Rows `a`, `a + lda`, …; m >= 1.
  void (*run)(const PackedGemmF32&, const float* a, ptrdiff_t lda, int m, const BiasClampF32&);
};

/// Packed weights: panels of nr columns, panel[k][column], missing columns zero. A view of the caller's memory.
struct PackedGemmF32 {
  const GemmF32Kernel* kernel;
  int n, k;
  const float* panels;
};

std::span<const GemmF32Kernel> gemm_f32_kernels();

/// The best kernel of this engine, or the one named `force`; null when that one is not to be had here.
const GemmF32Kernel* select_gemm_f32(const IsaFacts&, std::string_view force = {});

uint64_t packed_size_gemm_f32(const GemmF32Kernel&, int n, int k);

/// Packs into `memory` (16-byte aligned), which must outlive the result.
PackedGemmF32 pack_gemm_f32(const GemmF32Kernel&, const WeightView<const float>&, void* memory);

/// Writes the weights that were packed, where the view they were packed from had them.
void unpack_gemm_f32(const PackedGemmF32&, const WeightView<float>& weights);

/// The product's columns [begin, end); `begin` is a multiple of the kernel's nr, and the epilogue to go with it is
/// shifted(e, 0, begin).
inline PackedGemmF32 columns_of(PackedGemmF32 b, int begin, int end) {
  b.panels += ptrdiff_t(begin) * b.k;
  b.n = end - begin;
  return b;
}

/// A: [m, k] with `lda` elements from row to row; nothing outside of the rows is read. k = 0 gives clamp(bias).
/// Products are summed before the bias is added, very many of them in blocks.
struct GemmF32Args {
  const float* a;
  ptrdiff_t lda;
  int m;
};

void gemm_f32(const PackedGemmF32&, const GemmF32Args&, const BiasClampF32&);

}  // namespace octavo::kernels
