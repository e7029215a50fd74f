// C[M,N] = epilogue(A[M,K] · B[K,N]): A u8 activations, B s8 weights packed ahead of time, exact int32 accumulators.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/isa.h"
#include "kernels/epilogue.h"
#include "kernels/weights.h"

namespace octavo::kernels {

struct PackedGemmS8;

/// What a tile reads in place of the u8 rows of A.
enum class AForm : uint8_t {
  u8,          ///< the rows as they are
  s8_flipped,  ///< a - 128, for dot products that read the second operand as signed
  s16,         ///< widened
};

/// `m` rows of A in the form of the kernel, each row `row_bytes` long and zero from K to the next multiple of kr.
struct APanel {
  const void* rows;
  ptrdiff_t row_bytes;
  int m;
};

/// One row of kernels.inc: a microkernel of mr×nr outputs that takes kr values of k a step.
struct GemmS8Kernel {
  const char* name;
  Isa isa;
  int mr, nr, kr;
  ActivationRange range;  ///< widest activations for which it is exact
  AForm form;
  bool (*usable)(const IsaFacts&);
  void (*requantize)(const PackedGemmS8&, const APanel&, const RequantizeU8&);
  void (*dequantize)(const PackedGemmS8&, const APanel&, const DequantizeF32&);
};

/// Packed weights of one product; a view of memory that the caller owns. Immutable, shared between threads.
struct PackedGemmS8 {
  const GemmS8Kernel* kernel;
  int n, k;
  int k_padded;              ///< k rounded up to the kernel's kr
  const void* panels;        ///< see pack.cc
  const int32_t* acc_start;  ///< [n rounded up to nr]: what an accumulator starts with (undoes the flip of A)
  const int32_t* column_sum;  ///< [n] Σ_k B[k][n]
};

/// Bytes of a row of A in the form that the kernel reads, which are those of a column of the packed panels.
inline ptrdiff_t panel_row_bytes(const PackedGemmS8& b) {
  return ptrdiff_t(b.k_padded) * (b.kernel->form == AForm::s16 ? 2 : 1);
}

/// The table, best first, without the rows that this build does not contain.
std::span<const GemmS8Kernel> gemm_s8_kernels();

/// The best kernel for this engine and activation range, or the one named `force`; null when there is none of that
/// name, or it is not exact on this engine with these activations. Without `force` never null.
const GemmS8Kernel* select_gemm_s8(const IsaFacts&, ActivationRange, std::string_view force = {});

/// Bytes of memory that pack_gemm_s8 fills. K <= max_reduction.
uint64_t packed_size_gemm_s8(const GemmS8Kernel&, int n, int k);

/// Packs into `memory` (16-byte aligned, packed_size_gemm_s8 bytes), which must outlive the result.
PackedGemmS8 pack_gemm_s8(const GemmS8Kernel&, const WeightView<const int8_t>&, void* memory);

/// What pack_gemm_s8 returns for weights of k rows and n columns; `memory` may be null to ask for workspaces only.
PackedGemmS8 packed_view_gemm_s8(const GemmS8Kernel&, int n, int k, const void* memory);

/// The product's columns [begin, end); `begin` is a multiple of the kernel's nr, and the epilogue to go with it is
/// shifted(e, 0, begin).
PackedGemmS8 columns_of(const PackedGemmS8&, int begin, int end);

/// Bytes of scratch memory for one call (16-byte aligned); may be 0.
uint64_t workspace_bytes_gemm_s8(const PackedGemmS8&);

/// A: u8 [m, k], row-major with `lda` elements from row to row. Nothing outside of the rows is read.
/// Split over threads by rows (advance `a`, `out` and the row parameters), each with a workspace of its own.
struct GemmS8Args {
  const uint8_t* a;
  ptrdiff_t lda;
  int m;
  void* workspace;
};

void gemm_s8(const PackedGemmS8&, const GemmS8Args&, const RequantizeU8&);
void gemm_s8(const PackedGemmS8&, const GemmS8Args&, const DequantizeF32&);

}  // namespace octavo::kernels
