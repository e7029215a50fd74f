// Attention against its equation in float64.
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <functional>

#include "support/close.h"
#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();

Tensor wavy(Shape shape, float phase) {
  Tensor x(DType::f32, std::move(shape));
  for (float& v : x.span<float>()) v = std::sin(phase += 1.7f);
  return x;
}

// softmax(scale · Q · Kᵀ + bias(batch, head, i, j)) · V, all of 4 axes.
Tensor attention(const Tensor& q, const Tensor& k, const Tensor& v, double scale,
                 const std::function<double(int64_t, int64_t, int64_t, int64_t)>& bias) {
  const int64_t batch = q.shape()[0], heads = q.shape()[1], length = q.shape()[2], size = q.shape()[3];
  const int64_t shared = k.shape()[1], total = k.shape()[2], width = v.shape()[3];
  Tensor y(DType::f32, {batch, heads, length, width});
  for (int64_t b = 0; b < batch; ++b)
    for (int64_t h = 0; h < heads; ++h)
      for (int64_t i = 0; i < length; ++i) {
        const int64_t kv = b * shared + h / (heads / shared);
        std::vector<double> p(total);
        double sum = 0;
        for (int64_t j = 0; j < total; ++j) {
          for (int64_t c = 0; c < size; ++c)
            p[j] += double(q.span<float>()[((b * heads + h) * length + i) * size + c]) *
                    k.span<float>()[(kv * total + j) * size + c];
          sum += p[j] = std::exp(p[j] * scale + bias(b, h, i, j));
        }
        for (int64_t c = 0; c < width; ++c) {
          double out = 0;
          for (int64_t j = 0; j < total; ++j)
            out += p[j] / sum * v.span<float>()[(kv * total + j) * width + c];
          y.span<float>()[((b * heads + h) * length + i) * width + c] = float(out);
        }
      }
  return y;
}

const auto none = [](int64_t, int64_t, int64_t, int64_t) { return 0.0; };

// [batch, heads, length, size] as [batch, length, heads · size].
Tensor merged(const Tensor& x) {
  const Shape& s = x.shape();
  Tensor y(DType::f32, {s[0], s[2], s[1] * s[3]});
  for (int64_t b = 0; b < s[0]; ++b)
    for (int64_t h = 0; h < s[1]; ++h)
      for (int64_t i = 0; i < s[2]; ++i)
        for (int64_t c = 0; c < s[3]; ++c)
          y.span<float>()[((b * s[2] + i) * s[1] + h) * s[3] + c] =
              x.span<float>()[((b * s[1] + h) * s[2] + i) * s[3] + c];
  return y;
}

}  // namespace

TEST_CASE("Attention of 3 and of 4 axes, heads shared, values of another size, more rows than one block") {
  for (int64_t shared : {4, 2, 1}) {
    CAPTURE(shared);
    const auto q = [] { return wavy({2, 4, 50, 8}, 0); };
    const auto k = [&] { return wavy({2, shared, 7, 8}, 1); };
    const auto v = [&] { return wavy({2, shared, 7, 5}, 2); };
    const Tensor expected = attention(q(), k(), v(), 1 / std::sqrt(8.0), none);
    check_close(OpRunner("Attention").input(q()).input(k()).input(v()).run1(), expected);
    OpRunner three("Attention");
    three.attr("q_num_heads", 4).attr("kv_num_heads", shared);
    check_close(three.input(merged(q())).input(merged(k())).input(merged(v())).run1(), merged(expected));
    KernelPolicy policy;
    policy.threads = Threads(3);
    check_close(OpRunner("Attention").kernels(policy).input(q()).input(k()).input(v()).run1(), expected);
  }
}

TEST_CASE("Attention with masks of floats and booleans, short ones, causal, and with lengths") {
  const auto q = [] { return wavy({2, 2, 3, 4}, 0); };
  const auto k = [] { return wavy({2, 2, 5, 4}, 1); };
  const auto check = [&](OpRunner op, const auto& bias) {
    check_close(op.run1(), attention(q(), k(), k(), 0.5, bias));
  };
  const auto make = [&] {
    OpRunner op("Attention");
    return std::move(op.input(q()).input(k()).input(k()));
  };
  const Tensor mask = wavy({2, 1, 3, 5}, 3);
  check(make().input(Tensor::copy_of(mask.view())), [&](int64_t b, int64_t, int64_t i, int64_t j) {
    return double(mask.span<float>()[(b * 3 + i) * 5 + j]);
  });
  check(make().input(Tensor::of<bool>({1, 4}, {true, false, true, true})),
        [&](int64_t, int64_t, int64_t, int64_t j) { return j == 1 || j == 4 ? kNever : 0.0; });
  check(make().attr("is_causal", 1),
        [&](int64_t, int64_t, int64_t i, int64_t j) { return j > i ? kNever : 0.0; });
  check(make().absent().absent().absent().input(Tensor::of<int64_t>({2}, {1, 9})),
        [&](int64_t b, int64_t, int64_t, int64_t j) { return b == 0 && j >= 1 ? kNever : 0.0; });
}

TEST_CASE("Attention behind a past gives what is present, where it is asked for") {
  const Tensor past_k = wavy({1, 2, 3, 4}, 5), past_v = wavy({1, 2, 3, 4}, 6);
  const Tensor k = wavy({1, 2, 2, 4}, 1), v = wavy({1, 2, 2, 4}, 2);
  const auto joined = [](const Tensor& a, const Tensor& b) {
    Tensor y(DType::f32, {1, 2, 5, 4});
    for (int64_t h = 0; h < 2; ++h) {
      std::copy_n(&a.span<float>()[h * 12], 12, &y.span<float>()[h * 20]);
      std::copy_n(&b.span<float>()[h * 8], 8, &y.span<float>()[h * 20 + 12]);
    }
    return y;
  };
  const Tensor all_k = joined(past_k, k), all_v = joined(past_v, v);
  const auto causal = [](int64_t, int64_t, int64_t i, int64_t j) { return j > i + 3 ? kNever : 0.0; };
  const Tensor expected = attention(wavy({1, 2, 2, 4}, 0), all_k, all_v, 0.5, causal);
  for (std::size_t outputs : {1, 2, 3}) {
    OpRunner op("Attention");
    op.attr("q_num_heads", 2).attr("kv_num_heads", 2).attr("is_causal", 1).outputs(outputs);
    op.input(merged(wavy({1, 2, 2, 4}, 0))).input(merged(k)).input(merged(v)).absent();
    op.input(Tensor::copy_of(past_k.view())).input(Tensor::copy_of(past_v.view()));
    const auto y = op.run();
    check_close(y[0], merged(expected));
    if (outputs > 1) CHECK(values<float>(y[1]) == values<float>(all_k));
    if (outputs > 2) CHECK(values<float>(y[2]) == values<float>(all_v));
  }
}

TEST_CASE("Attention shows its scores, each stage of them") {
  for (int mode = 0; mode < 4; ++mode) {
    OpRunner op("Attention");
    op.attr("scale", 2.0f).attr("softcap", 4.0f).attr("qk_matmul_output_mode", mode).outputs(4);
    op.input(Tensor::of<float>({1, 1, 1, 1}, {1})).input(Tensor::of<float>({1, 1, 2, 1}, {1, 2}));
    op.input(Tensor::of<float>({1, 1, 2, 1}, {1, 2})).input(Tensor::of<float>({2}, {1, 0}));
    const auto y = op.run();
    const float capped[] = {4 * std::tanh(0.75f), 4 * std::tanh(1.0f)};
    const float p = 1 / (1 + std::exp(capped[1] - capped[0]));
    const float expected[4][2] = {{2, 4}, {3, 4}, {capped[0], capped[1]}, {p, 1 - p}};
    for (int j = 0; j < 2; ++j) CHECK(std::abs(y[3].span<float>()[j] - expected[mode][j]) < 1e-5f);
    CHECK(std::abs(y[0].span<float>()[0] - (2 - p)) < 1e-5f);
  }
}

TEST_CASE("Attention infers unknown dimensions and refuses what does not fit") {
  const auto f32 = [](Shape shape) { return Operand{DType::f32, std::move(shape)}; };
  const auto error = [](std::vector<Operand> inputs, Attrs attrs = {}) {
    return error_of([&] { infer_op("Attention", std::move(inputs), attrs); });
  };
  const Operand q = f32({kDynamic, 4, kDynamic, 8}), k = f32({2, 2, 5, 8});
  const auto y = infer_op("Attention", {q, k, k}, {}, 4);
  CHECK(*y[0].shape == Shape{kDynamic, 4, kDynamic, 8});
  CHECK(*y[1].shape == Shape{2, 2, 5, 8});
  CHECK(*y[3].shape == Shape{kDynamic, 4, kDynamic, 5});
  CHECK(error({q, f32({2, 3, 5, 8}), f32({2, 3, 5, 8})}) == "InvalidGraph: 4 heads do not share 3");
  CHECK(error({q, f32({2, 2, 5, 7}), k}) ==
        "InvalidGraph: query [?,4,?,8], key [2,2,5,7] and value [2,2,5,8] do not fit");
  CHECK(error({f32({2, 3, 8}), f32({2, 3, 8}), f32({2, 3, 8})}) == "InvalidGraph: [2,3,8] has no 0 heads");
  CHECK(error({q, k, k, f32({6})}) == "InvalidGraph: mask [6] does not broadcast to [?,4,?,5]");
  CHECK(error({q, k, k, f32({3, 1, 5})}) == "InvalidGraph: mask [3,1,5] does not broadcast to [?,4,?,5]");
  CHECK(error({q, k, k, {}, k}) == "InvalidGraph: has a past of one of key and value");
  CHECK(error({q, k, k, {}, k, f32({2, 2, 4, 8})}) ==
        "InvalidGraph: past [2,2,4,8] does not fit what is new");
}
