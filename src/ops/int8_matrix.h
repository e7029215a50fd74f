// x · w with packed int8 weights, for octavo.QGemm and octavo.DynamicQGemm.
#pragma once

#include "base/kernel_policy.h"
#include "graph/op_def.h"
#include "kernels/gemm_s8/gemm_s8.h"
#include "ops/parallel.h"
#include "ops/thread_workspaces.h"

namespace octavo {

// Rows of x, all its dimensions but the last, against w: [k, n], or [n, k] with the attribute "transB".
struct ProductSizes {
  int64_t m, n, k;
  int channel_axis;

  ProductSizes(const Attrs& attrs, const Shape& x, const Shape& w);
};

// Sets output 0 to x's shape with a last dimension of n. Input 2, optional, is a bias of n values. Throws
// Error(invalid_graph) naming the shapes that do not fit.
void infer_product(InferContext& ctx, DType dtype);

struct Int8Matrix {
  Buffer memory;
  kernels::PackedGemmS8 weights;

  Int8Matrix() = default;
  Int8Matrix(const KernelPolicy& policy, kernels::ActivationRange range,
             const kernels::WeightView<const int8_t>& w);
  Int8Matrix(const KernelPolicy& policy, kernels::ActivationRange range, const Attrs& attrs, const Tensor& w);

  // Bytes of scratch memory for `multiply`.
  uint64_t workspace(const KernelPolicy& policy) const {
    return workspace_of_threads(policy, workspace_bytes_gemm_s8(weights));
  }
  // x: u8 [m, k]. Epilogue: RequantizeU8 or DequantizeF32.
  template <class Epilogue>
  void multiply(const KernelPolicy& policy, const uint8_t* x, int64_t m, Scratch& scratch,
                const Epilogue& epilogue) const {
    const ThreadWorkspaces memory(scratch, workspace_bytes_gemm_s8(weights));
    parallel_product(
        policy, m, weights, epilogue, [&](const auto& b, const auto& e, const ProductPiece& piece) {
          gemm_s8(b, {x + piece.row * b.k, b.k, static_cast<int>(piece.rows), memory[piece.thread]},
                  shifted(e, piece.row, 0));
        });
  }
};

// OpDef::macs of a node with x and w as inputs 0 and 1.
int64_t product_macs(const ShapeContext& ctx);

}  // namespace octavo
