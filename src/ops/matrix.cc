#include "ops/matrix.h"

#include <algorithm>

#include "base/error.h"
#include "ops/kernel_choice.h"
#include "ops/parallel.h"

namespace octavo {

uint64_t packed_matrix_bytes(const KernelPolicy& policy, int64_t k, int64_t n) {
  return packed_size_gemm_f32(choose_gemm_f32(policy), static_cast<int>(n), static_cast<int>(k));
}

namespace {

template <class T> kernels::WeightView<T> view_of(T* b, int k, int n, bool transposed) {
  return transposed ? kernels::weights_nk(b, n, k) : kernels::weights_kn(b, k, n);
}

}  // namespace

kernels::PackedGemmF32 pack_matrix(const KernelPolicy& policy, const float* b, int64_t k, int64_t n,
                                   bool transposed, void* memory) {
  return pack_gemm_f32(choose_gemm_f32(policy),
                       view_of(b, static_cast<int>(k), static_cast<int>(n), transposed), memory);
}

void PackedMatrix::unpack(std::size_t, const TensorView& elements) const {
  unpack_gemm_f32(weights, view_of(elements.as<float>(), weights.k, weights.n, transposed));
}

std::shared_ptr<const PackedMatrix> pack_constant_matrix(const KernelPolicy& policy, const Tensor& b,
                                                         bool transposed) {
  const int64_t k = b.shape()[transposed ? 1 : 0], n = b.shape()[transposed ? 0 : 1];
  auto packed = std::make_shared<PackedMatrix>();
  packed->transposed = transposed;
  packed->memory = Buffer(packed_matrix_bytes(policy, k, n));
  packed->weights = pack_matrix(policy, b.span<float>().data(), k, n, transposed, packed->memory.data());
  return packed;
}

void multiply(const KernelPolicy& policy, const kernels::PackedGemmF32& b, const kernels::GemmF32Args& args,
              const kernels::BiasClampF32& epilogue) {
  parallel_product(policy, args.m, b, epilogue,
                   [&](const auto& part, const auto& e, const ProductPiece& piece) {
                     gemm_f32(part, {args.a + piece.row * args.lda, args.lda, static_cast<int>(piece.rows)},
                              shifted(e, piece.row, 0));
                   });
}

Shape matmul_shape(const Shape& a, const Shape& b) {
  require(a.rank() >= 1 && b.rank() >= 1, ErrorCode::invalid_graph, "a scalar has no matrix product: {} · {}",
          a, b);
  const int64_t inner_a = a[a.rank() - 1], inner_b = b[b.rank() == 1 ? 0 : b.rank() - 2];
  require(inner_a == inner_b || inner_a == kDynamic || inner_b == kDynamic, ErrorCode::invalid_graph,
          "shapes {} and {} have no matrix product: {} columns, {} rows", a, b, inner_a, inner_b);
  Shape out;
  if (a.rank() > 2 || b.rank() > 2) {
    const auto batch = [](const Shape& shape) {
      return Shape(Dims(shape.dims.begin(), shape.dims.end() - std::min(shape.rank(), 2)));
    };
    out = broadcast_shapes(batch(a), batch(b));
  }
  if (a.rank() > 1) out.dims.push_back(a[a.rank() - 2]);
  if (b.rank() > 1) out.dims.push_back(b[b.rank() - 1]);
  return out;
}

MatrixProducts::MatrixProducts(const Shape& a, const Shape& b) {
  m = a.rank() > 1 ? a[a.rank() - 2] : 1;
  k = a[a.rank() - 1];
  n = b.rank() > 1 ? b[b.rank() - 1] : 1;
  if (b.rank() <= 2) {  // every row of A meets the same matrix
    m = a.elements(0, a.rank() - 1);
    return;
  }
  const int rank = std::max(a.rank(), b.rank()) - 2;
  batch = a_stride = b_stride = Dims(rank, 0);
  const auto dim = [&](const Shape& shape, int axis) {
    const int own = axis - rank + shape.rank() - 2;
    return own >= 0 ? shape[own] : 1;
  };
  int64_t a_step = 1, b_step = 1;
  for (int i = rank - 1; i >= 0; --i) {
    const int64_t da = dim(a, i), db = dim(b, i);
    batch[i] = da == 1 ? db : da;
    a_stride[i] = da == 1 ? 0 : a_step;
    b_stride[i] = db == 1 ? 0 : b_step;
    a_step *= da;
    b_step *= db;
    products *= batch[i];
  }
}

int64_t MatrixProducts::matrix(int64_t index, const Dims& stride) const {
  int64_t at = 0;
  for (int i = static_cast<int>(batch.size()) - 1; i >= 0; --i) {
    at += index % batch[i] * stride[i];
    index /= batch[i];
  }
  return at;
}

void require_float_inputs(const InferContext& ctx) {
  require(ctx.dtype(0) == DType::f32 && ctx.dtype(1) == DType::f32, ErrorCode::unsupported,
          "matrix products take float32, not {} and {}", dtype_name(ctx.dtype(0)), dtype_name(ctx.dtype(1)));
}

}  // namespace octavo
