// Shapes of matrix products and packed float matrices, for Gemm and MatMul.
#pragma once

#include "base/kernel_policy.h"
#include "graph/op_def.h"
#include "kernels/gemm_f32/gemm_f32.h"

namespace octavo {

// The right-hand side B of a product, packed: [k, n], or [n, k] when transposed.
struct PackedMatrix : Prepared {
  Buffer memory;
  kernels::PackedGemmF32 weights;
  bool transposed;

  bool can_unpack(std::size_t input) const override { return input == 1; }
  void unpack(std::size_t input, const TensorView& elements) const override;
};

uint64_t packed_matrix_bytes(const KernelPolicy& policy, int64_t k, int64_t n);
kernels::PackedGemmF32 pack_matrix(const KernelPolicy& policy, const float* b, int64_t k, int64_t n,
                                   bool transposed, void* memory);
std::shared_ptr<const PackedMatrix> pack_constant_matrix(const KernelPolicy& policy, const Tensor& b,
                                                         bool transposed);

// gemm_f32 on all threads.
void multiply(const KernelPolicy& policy, const kernels::PackedGemmF32& b, const kernels::GemmF32Args& args,
              const kernels::BiasClampF32& epilogue);

// The shape of A · B by numpy's rules: 1-D operands are a row and a column that vanish, dimensions before the last two
// broadcast. Throws Error(invalid_graph) naming both shapes when they do not fit.
Shape matmul_shape(const Shape& a, const Shape& b);

// Products [m, k] · [k, n], one for each index of `batch`; the strides say how far apart (in matrices) the operands of
// neighbouring indices are, 0 where an operand is broadcast.
struct MatrixProducts {
  int64_t m, n, k;
  Dims batch, a_stride, b_stride;
  int64_t products = 1;

  // Of operands whose product has a shape: see matmul_shape.
  MatrixProducts(const Shape& a, const Shape& b);
  // Which matrix of an operand takes part in product `index`.
  int64_t matrix(int64_t index, const Dims& stride) const;
};

// Throws Error(unsupported) unless inputs 0 and 1 are float32.
void require_float_inputs(const InferContext& ctx);

}  // namespace octavo
