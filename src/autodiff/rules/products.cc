// Gradients of matrix products: dA = g · Bᵀ, dB = Aᵀ · g.
#include "autodiff/rule.h"

namespace octavo {

namespace {

// The matrices of all rows as one: [rows, columns].
ValueId flat(Backward& b, ValueId x) {
  const Shape shape = b.shape(x);
  return b.reshape(x, Shape{shape.elements(0, shape.rank() - 1), shape.dims.back()});
}

// numpy's: a vector a is a row, a vector b is a column, and the axes in front are broadcast.
void matmul(Backward& b) {
  const Shape sa = b.shape(b.in(0)), sb = b.shape(b.in(1));
  ValueId left = b.in(0), right = b.in(1), g = b.gradient();
  Dims dims = b.shape(g).dims;
  if (sb.rank() == 1) {
    right = b.reshape(right, Shape{sb[0], 1});
    dims.push_back(1);
  }
  if (sa.rank() == 1) {
    left = b.reshape(left, Shape{1, sa[0]});
    dims.insert(dims.end() - 1, 1);
  }
  g = b.reshape(g, dims);
  const Shape matrix = b.shape(right);
  if (matrix.rank() == 2) {
    const ValueId rows = flat(b, g);
    if (b.wants(0)) b.give(0, b.reshape(b.add("Gemm", {rows, right}, {{"transB", int64_t{1}}}), sa));
    if (b.wants(1)) b.give(1, b.reshape(b.add("Gemm", {flat(b, left), rows}, {{"transA", int64_t{1}}}), sb));
    return;
  }
  const auto transposed = [&](ValueId x) { return b.swap_axes(x, b.rank(x) - 2, b.rank(x) - 1); };
  if (b.wants(0)) b.give(0, b.add("MatMul", {g, transposed(right)}));
  if (b.wants(1)) b.give(1, b.add("MatMul", {transposed(left), g}));
}

// y = alpha · A' · B' + beta · C, where A' and B' may be transposed.
void gemm(Backward& b) {
  const int64_t ta = b.attrs().get_int("transA", 0) != 0, tb = b.attrs().get_int("transB", 0) != 0;
  const float alpha = b.attrs().get_float("alpha", 1), beta = b.attrs().get_float("beta", 1);
  const ValueId g = b.gradient();
  const auto product = [&](ValueId left, ValueId right, int64_t left_transposed, int64_t right_transposed) {
    return b.add("Gemm", {left, right},
                 {{"alpha", alpha}, {"transA", left_transposed}, {"transB", right_transposed}});
  };
  if (b.wants(0)) b.give(0, ta ? product(b.in(1), g, tb, 1) : product(g, b.in(1), 0, 1 - tb));
  if (b.wants(1)) b.give(1, tb ? product(g, b.in(0), 1, ta) : product(b.in(0), g, 1 - ta, 0));
  if (b.wants(2)) b.give(2, beta == 1 ? g : b.add("Mul", {g, b.number(beta)}));
}

constexpr GradientRule kRules[] = {{.op = "MatMul", .differentiate = matmul},
                                   {.op = "Gemm", .differentiate = gemm}};

}  // namespace

const GradientRules kProductRules = kRules;

}  // namespace octavo
