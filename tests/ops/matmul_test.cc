#include <catch2/catch_test_macros.hpp>

#include "support/close.h"
#include "support/op_runner.h"
#include "support/random_data.h"

namespace octavo {
namespace {

using test::error_of;
using test::OpRunner;

Tensor copy(const Tensor& t) { return Tensor::of<float>(t.shape(), t.span<float>()); }

// numpy.matmul, one element at a time.
Tensor reference(const Tensor& a, const Tensor& b, const Shape& out) {
  Shape sa = a.shape(), sb = b.shape(), full = out;
  if (sa.rank() == 1) {
    sa.dims.insert(sa.dims.begin(), 1);
    full.dims.insert(full.dims.end() - (sb.rank() == 1 ? 0 : 1), 1);
  }
  if (sb.rank() == 1) {
    sb.dims.push_back(1);
    full.dims.push_back(1);
  }
  const int64_t m = full[full.rank() - 2], n = full[full.rank() - 1], k = sa[sa.rank() - 1];
  // The matrix of `shape` at the batch index of output matrix `index`.
  const auto matrix = [&](const Shape& shape, int64_t index) {
    int64_t at = 0, stride = 1;
    for (int i = 3; i <= full.rank(); ++i) {
      const int64_t size = full[full.rank() - i];
      const int64_t own = i <= shape.rank() ? shape[shape.rank() - i] : 1;
      at += (own == 1 ? 0 : index % size) * stride;
      stride *= own;
      index /= size;
    }
    return at;
  };
  Tensor y(DType::f32, out);
  for (int64_t batch = 0; batch < full.elements(0, full.rank() - 2); ++batch)
    for (int64_t i = 0; i < m; ++i)
      for (int64_t j = 0; j < n; ++j) {
        double sum = 0;
        for (int64_t p = 0; p < k; ++p)
          sum += double(a.span<float>()[matrix(sa, batch) * m * k + i * k + p]) *
                 b.span<float>()[matrix(sb, batch) * k * n + p * n + j];
        y.span<float>()[(batch * m + i) * n + j] = static_cast<float>(sum);
      }
  return y;
}

void check(Shape a_shape, Shape b_shape, const Shape& out) {
  INFO(to_string(a_shape) << " x " << to_string(b_shape));
  test::Random random(17);
  const Tensor a = random.floats(a_shape), b = random.floats(b_shape);
  const Tensor expected = reference(a, b, out);
  test::check_close(OpRunner("MatMul").input(copy(a)).constant(copy(b)).run1(), expected);
  test::check_close(OpRunner("MatMul").input(copy(a)).input(copy(b)).run1(), expected);
}

TEST_CASE("MatMul follows numpy's rules", "[ops][matmul]") {
  check({3, 4}, {4, 5}, {3, 5});
  check({4}, {4}, {});
  check({4}, {4, 5}, {5});
  check({3, 4}, {4}, {3});
  check({2, 3, 4}, {4, 5}, {2, 3, 5});
  check({2, 3, 4}, {4}, {2, 3});
  check({4}, {2, 4, 5}, {2, 5});
  check({2, 3, 4}, {2, 4, 5}, {2, 3, 5});
  check({3, 4}, {2, 4, 5}, {2, 3, 5});
  check({2, 1, 3, 4}, {3, 4, 5}, {2, 3, 3, 5});
  check({1, 2, 3, 4}, {2, 1, 4, 5}, {2, 2, 3, 5});
  check({2, 3, 4}, {1, 4, 5}, {2, 3, 5});
  check({1, 37, 65}, {65, 41}, {1, 37, 41});
}

TEST_CASE("MatMul of nothing", "[ops][matmul]") {
  const Tensor y =
      OpRunner("MatMul").input(Tensor(DType::f32, {2, 0})).input(Tensor(DType::f32, {0, 3})).run1();
  CHECK(test::values<float>(y) == std::vector<float>(6));
}

TEST_CASE("MatMul clamps its output to a folded activation", "[ops][matmul]") {
  const Tensor y = OpRunner("MatMul")
                       .clamp({.low = 0})
                       .input(Tensor::of<float>({1, 2}, {1, 2}))
                       .constant(Tensor::of<float>({2, 2}, {1, -1, 1, -1}))
                       .run1();
  CHECK(test::values<float>(y) == std::vector<float>{3, 0});
}

TEST_CASE("MatMul names the shapes that do not fit", "[ops][matmul]") {
  const auto error = [](Shape a, Shape b, DType dtype = DType::f32) {
    return error_of([&] { test::infer_op("MatMul", {{dtype, a}, {dtype, b}}); });
  };
  CHECK(error({2, 3}, {4, 5}) ==
        "InvalidGraph: shapes [2,3] and [4,5] have no matrix product: 3 columns, 4 rows");
  CHECK(error({2, 3, 4}, {3, 4, 5}) == "InvalidGraph: shapes [2] and [3] do not broadcast");
  CHECK(error({}, {3}).find("a scalar has no matrix product") != std::string::npos);
  CHECK(error({2, 3}, {3, 5}, DType::s16).find("Unsupported") == 0);
}

TEST_CASE("MatMul of integers wraps around", "[ops][matmul]") {
  const Tensor y = OpRunner("MatMul")
                       .input(Tensor::of<int32_t>({2, 2}, {1, 2, 1 << 30, 3}))
                       .constant(Tensor::of<int32_t>({2, 3}, {1, -1, 4, 2, 0, 1}))
                       .run1();
  CHECK(test::values<int32_t>(y) == std::vector<int32_t>{5, -1, 6, (1 << 30) + 6, -(1 << 30), 3});
  const Tensor batches = OpRunner("MatMul")
                             .input(test::iota<uint64_t>({2, 1, 2}))
                             .input(test::iota<uint64_t>({3, 1, 2, 2}))
                             .run1();
  CHECK(batches.shape() == Shape{3, 2, 1, 2});
  CHECK(test::values<uint64_t>(batches) == std::vector<uint64_t>{2, 3, 6, 11, 6, 7, 26, 31, 10, 11, 46, 51});
  CHECK(test::values<int64_t>(
            OpRunner("MatMul").input(test::iota<int64_t>({3})).input(test::iota<int64_t>({3})).run1()) ==
        test::Ints{5});
}

TEST_CASE("MatMul counts multiply-accumulates and infers dynamic batches", "[ops][matmul]") {
  CHECK(OpRunner("MatMul").input(Tensor(DType::f32, {2, 3, 4})).input(Tensor(DType::f32, {2, 4, 5})).macs() ==
        120);
  CHECK(OpRunner("MatMul").input(Tensor(DType::f32, {2, 3, 4})).constant(Tensor(DType::f32, {4, 5})).macs() ==
        120);
  const auto out = test::infer_op("MatMul", {{DType::f32, Shape{kDynamic, 3, 4}}, {DType::f32, Shape{4, 5}}});
  CHECK(to_string(*out[0].shape) == "[?,3,5]");
}

}  // namespace
}  // namespace octavo
