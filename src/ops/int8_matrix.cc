#include "ops/int8_matrix.h"

#include "base/error.h"
#include "ops/kernel_choice.h"
#include "ops/operands.h"

namespace octavo {

ProductSizes::ProductSizes(const Attrs& attrs, const Shape& x, const Shape& w)
    : channel_axis(attrs.get_int("transB", 0) != 0 ? 0 : 1) {
  m = x.is_static() ? x.elements(0, x.rank() - 1) : kDynamic;
  n = w[channel_axis];
  k = w[1 - channel_axis];
}

void infer_product(InferContext& ctx, DType dtype) {
  const Shape &x = ctx.shape(0), &w = ctx.shape(1);
  require(x.rank() >= 1 && w.rank() == 2, ErrorCode::invalid_graph,
          "shapes {} and {} are not rows and a matrix", x, w);
  const ProductSizes s(ctx.attrs(), x, w);
  require(may_equal(x[x.rank() - 1], s.k), ErrorCode::invalid_graph,
          "shapes {} and {}{} have no matrix product", x, w, s.channel_axis == 0 ? " (transposed)" : "");
  if (ctx.has(2)) {
    const Shape& bias = ctx.shape(2);
    require(bias.rank() >= 1 && may_equal(bias[bias.rank() - 1], s.n) &&
                (!bias.is_static() || may_equal(bias.elements(), s.n)),
            ErrorCode::invalid_graph, "bias {} is not one value for each of {} columns", bias, s.n);
  }
  Shape out = x;
  out[x.rank() - 1] = s.n;
  ctx.set(0, dtype, out);
}

Int8Matrix::Int8Matrix(const KernelPolicy& policy, kernels::ActivationRange range,
                       const kernels::WeightView<const int8_t>& w) {
  const auto& kernel = choose_gemm_s8(policy, range);
  memory = Buffer(packed_size_gemm_s8(kernel, w.n, w.depth()));
  weights = pack_gemm_s8(kernel, w, memory.data());
}

namespace {

kernels::WeightView<const int8_t> matrix_view(const Attrs& attrs, const Tensor& w) {
  const ProductSizes s(attrs, {1}, w.shape());
  const int n = static_cast<int>(s.n), k = static_cast<int>(s.k);
  const int8_t* const data = w.span<int8_t>().data();
  return s.channel_axis == 0 ? kernels::weights_nk(data, n, k) : kernels::weights_kn(data, k, n);
}

}  // namespace

Int8Matrix::Int8Matrix(const KernelPolicy& policy, kernels::ActivationRange range, const Attrs& attrs,
                       const Tensor& w)
    : Int8Matrix(policy, range, matrix_view(attrs, w)) {}

int64_t product_macs(const ShapeContext& ctx) {
  const ProductSizes s(ctx.node.attrs, ctx.shape(0), ctx.shape(1));
  return s.m * s.n * s.k;
}

}  // namespace octavo
