// RNN, GRU and LSTM against the equations of ONNX, one number at a time in float64.
#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "support/close.h"
#include "support/op_runner.h"
#include "support/recurrent_reference.h"

namespace octavo {
namespace {

using test::error_of;
using test::OpRunner;
using test::values;
using Case = test::RecurrentCase;

// The tensor with its axis `from` moved to `to`.
Tensor moved(const Tensor& tensor, int from, int to) {
  std::vector<int64_t> permutation;
  for (int axis = 0; axis < tensor.shape().rank(); ++axis)
    if (axis != from) permutation.push_back(axis);
  permutation.insert(permutation.begin() + to, from);
  return OpRunner("Transpose").attr("perm", permutation).input(Tensor::copy_of(tensor.view())).run1();
}

void check(const Case& k) {
  INFO(k.op << ' ' << k.direction << " layout " << k.batch_first << " constant " << k.constant);
  const test::RecurrentData data(k, test::Random(7));
  std::vector<Tensor> expected = test::recurrent_reference(k, data);
  const auto add = [&](OpRunner& runner, const Tensor& tensor, bool is_constant) {
    Tensor copy = Tensor::copy_of(tensor.view());
    if (is_constant)
      runner.constant(std::move(copy));
    else
      runner.input(std::move(copy));
  };
  const auto state = [&](const Tensor& t) {
    return k.batch_first ? moved(t, 1, 0) : Tensor::copy_of(t.view());
  };

  OpRunner runner(k.op);
  runner.attr("direction", k.direction).attr("hidden_size", k.hidden).outputs(expected.size());
  if (k.batch_first) runner.attr("layout", int64_t{1});
  if (k.clip != INFINITY) runner.attr("clip", k.clip);
  if (k.input_forget) runner.attr("input_forget", int64_t{1});
  if (k.linear_before_reset) runner.attr("linear_before_reset", int64_t{1});
  add(runner, state(data.x), false);
  add(runner, data.w, k.constant);
  add(runner, data.r, k.constant);
  k.bias ? add(runner, data.b, k.constant) : void(runner.absent());
  k.lengths.empty() ? void(runner.absent())
                    : add(runner, Tensor::of<int32_t>({k.batch}, std::span<const int32_t>(k.lengths)), false);
  k.initial ? add(runner, state(data.h), false) : void(runner.absent());
  if (k.op == "LSTM") {
    k.initial ? add(runner, state(data.c), false) : void(runner.absent());
    k.peepholes ? add(runner, data.p, false) : void(runner.absent());
  }
  const std::vector<Tensor> actual = runner.run();
  for (std::size_t i = 0; i < expected.size(); ++i) {
    INFO("output " << i);
    const Tensor& want = expected[i];
    test::check_close(actual[i],
                      k.batch_first ? moved(want, i == 0 ? 2 : 1, 0) : Tensor::copy_of(want.view()));
  }
}

TEST_CASE("Recurrent networks follow their equations", "[ops][recurrent]") {
  for (const std::string op : {"RNN", "GRU", "LSTM"})
    for (const std::string direction : {"forward", "reverse", "bidirectional"})
      for (const bool batch_first : {false, true})
        for (const bool constant : {false, true})
          check({.op = op, .direction = direction, .batch_first = batch_first, .constant = constant});
}

TEST_CASE("Recurrent networks without bias and states", "[ops][recurrent]") {
  for (const std::string op : {"RNN", "GRU", "LSTM"}) {
    check({.op = op, .bias = false, .initial = false});
    check({.op = op, .steps = 1, .batch = 1, .inputs = 1, .hidden = 1});
    check({.op = op, .steps = 3, .batch = 1, .inputs = 37, .hidden = 41, .initial = false});
  }
}

TEST_CASE("Recurrent networks stop at each sequence's end, and begin there in reverse", "[ops][recurrent]") {
  for (const std::string op : {"RNN", "GRU", "LSTM"})
    for (const bool batch_first : {false, true})
      check({.op = op, .direction = "bidirectional", .batch_first = batch_first, .lengths = {4, 0, 2}});
}

TEST_CASE("Recurrent networks clip what goes into gates", "[ops][recurrent]") {
  for (const std::string op : {"RNN", "GRU", "LSTM"}) check({.op = op, .clip = 0.5f});
}

TEST_CASE("GRU resets behind its product", "[ops][recurrent]") {
  check({.op = "GRU", .linear_before_reset = true});
  check({.op = "GRU",
         .direction = "bidirectional",
         .bias = false,
         .linear_before_reset = true,
         .constant = false});
}

TEST_CASE("LSTM has peepholes, and forgets what it does not take in", "[ops][recurrent]") {
  check({.peepholes = true});
  check({.direction = "bidirectional", .peepholes = true, .lengths = {1, 4, 3}, .clip = 0.7f});
  check({.peepholes = true, .input_forget = true});
}

// y = f(x) of an RNN whose weight is 1 and which forgets its state.
std::vector<float> activation(const std::string& name, std::vector<float> alpha, std::vector<float> beta,
                              std::vector<float> x) {
  const auto batch = static_cast<int64_t>(x.size());
  OpRunner runner("RNN");
  runner.attr("activations", std::vector<std::string>{name});
  if (!alpha.empty()) runner.attr("activation_alpha", alpha);
  if (!beta.empty()) runner.attr("activation_beta", beta);
  return values<float>(runner.input(Tensor::of<float>({1, batch, 1}, std::span<const float>(x)))
                           .constant(Tensor::of<float>({1, 1, 1}, {1}))
                           .constant(Tensor::of<float>({1, 1, 1}, {0}))
                           .run1());
}

// The operators of these names in ONNX.
TEST_CASE("Recurrent networks have eleven activations", "[ops][recurrent]") {
  using Floats = std::vector<float>;
  const auto near = [](const Floats& actual, const Floats& expected) {
    return std::ranges::equal(actual, expected, [](float a, float b) { return std::fabs(a - b) < 1e-6f; });
  };
  const Floats x = {-2, 0, 3};
  CHECK(near(activation("Relu", {}, {}, x), {0, 0, 3}));
  CHECK(near(activation("Sigmoid", {}, {}, x), {0.11920292f, 0.5f, 0.95257413f}));
  CHECK(near(activation("tanh", {}, {}, x), {-0.9640276f, 0, 0.9950548f}));
  CHECK(near(activation("HardSigmoid", {}, {}, x), {0.1f, 0.5f, 1}));
  CHECK(near(activation("HardSigmoid", {0.1f}, {0.25f}, x), {0.05f, 0.25f, 0.55f}));
  CHECK(near(activation("Affine", {2}, {1}, x), {-3, 1, 7}));
  CHECK(near(activation("Affine", {}, {}, x), {-2, 0, 3}));
  CHECK(near(activation("LeakyRelu", {}, {}, x), {-0.02f, 0, 3}));
  CHECK(near(activation("LeakyRelu", {0.5f}, {}, x), {-1, 0, 3}));
  CHECK(near(activation("ThresholdedRelu", {}, {}, {0.5f, 1, 1.5f}), {0, 0, 1.5f}));
  CHECK(near(activation("ScaledTanh", {2}, {0.5f}, x), {-1.5231884f, 0, 1.8102965f}));
  CHECK(near(activation("Elu", {}, {}, x), {-0.8646647f, 0, 3}));
  CHECK(near(activation("Elu", {2}, {}, x), {-1.7293294f, 0, 3}));
  CHECK(near(activation("Softsign", {}, {}, x), {-0.6666667f, 0, 0.75f}));
  CHECK(near(activation("Softplus", {}, {}, {-2, 0, 100}), {0.126928f, 0.6931472f, 100}));
}

TEST_CASE("Functions take their alpha and beta in turn", "[ops][recurrent]") {
  const auto y = OpRunner("RNN")
                     .attr("direction", std::string("bidirectional"))
                     .attr("activations", std::vector<std::string>{"Relu", "Affine"})
                     .attr("activation_alpha", std::vector<float>{3})
                     .attr("activation_beta", std::vector<float>{1})
                     .input(Tensor::of<float>({1, 1, 1}, {2}))
                     .constant(Tensor::of<float>({2, 1, 1}, {1, 1}))
                     .constant(Tensor::of<float>({2, 1, 1}, {0, 0}))
                     .run1();
  CHECK(values<float>(y) == std::vector<float>{2, 7});
}

TEST_CASE("Recurrent networks of nothing", "[ops][recurrent]") {
  const auto run = [](Shape x) {
    return OpRunner("GRU")
        .outputs(2)
        .input(Tensor(DType::f32, x))
        .constant(Tensor(DType::f32, {1, 6, 3}))
        .constant(Tensor(DType::f32, {1, 6, 2}))
        .run();
  };
  CHECK(values<float>(run({0, 2, 3})[1]) == std::vector<float>(4));
  CHECK(run({3, 0, 3})[0].shape() == Shape{3, 1, 0, 2});
}

TEST_CASE("Recurrent networks infer shapes of what they know", "[ops][recurrent]") {
  const auto out = test::infer_op("LSTM",
                                  {{DType::f32, Shape{kDynamic, 2, 5}},
                                   {DType::f32, Shape{1, kDynamic, 5}},
                                   {DType::f32, Shape{1, 12, 3}}},
                                  {}, 3);
  CHECK(to_string(*out[0].shape) == "[?,1,2,3]");
  CHECK(to_string(*out[1].shape) == "[1,2,3]");
  CHECK(to_string(*out[2].shape) == "[1,2,3]");
  CHECK(OpRunner("LSTM")
            .input(Tensor(DType::f32, {4, 2, 5}))
            .constant(Tensor(DType::f32, {1, 12, 5}))
            .constant(Tensor(DType::f32, {1, 12, 3}))
            .macs() == 4 * 2 * 12 * (5 + 3));
}

TEST_CASE("Recurrent networks refuse what does not fit", "[ops][recurrent]") {
  const auto error = [](Shape w, Shape r, Attrs attrs = {}, DType dtype = DType::f32) {
    return error_of(
        [&] { test::infer_op("GRU", {{dtype, Shape{4, 2, 5}}, {DType::f32, w}, {DType::f32, r}}, attrs); });
  };
  const auto with = [](std::string_view name, AttrValue value) {
    Attrs attrs;
    attrs.set(name, std::move(value));
    return attrs;
  };
  CHECK(error({1, 9, 5}, {1, 9, 3}).empty());
  CHECK(error({1, 9, 4}, {1, 9, 3}) == "InvalidGraph: input 1 has the shape [1,9,4] instead of [1,9,5]");
  CHECK(error({1, 9, 5}, {1, 12, 3}) == "InvalidGraph: input 2 has the shape [1,12,3] instead of [1,9,3]");
  CHECK(error({9, 5}, {1, 9, 3}).starts_with("InvalidGraph"));
  CHECK(error({1, 9, 5}, {1, 9, 3}, with("hidden_size", int64_t{4})).starts_with("InvalidGraph"));
  CHECK(error({1, 9, 5}, {1, 9, 3}, with("direction", std::string("up"))).starts_with("InvalidGraph"));
  CHECK(error({1, 9, 5}, {1, 9, 3}, with("clip", -1.0f)).starts_with("InvalidGraph"));
  CHECK(error({1, 9, 5}, {1, 9, 3}, with("activations", std::vector<std::string>{"Tanh"}))
            .starts_with("InvalidGraph"));
  CHECK(error({1, 9, 5}, {1, 9, 3}, with("activations", std::vector<std::string>{"Tanh", "Sine"})) ==
        "Unsupported: the activation 'Sine' is not supported");
  CHECK(error({1, 9, 5}, {1, 9, 3}, {}, DType::s32).starts_with("Unsupported"));
  for (const int32_t length : {-1, 5})
    CHECK(error_of([&] {
            OpRunner("RNN")
                .input(Tensor(DType::f32, {4, 1, 1}))
                .constant(Tensor(DType::f32, {1, 1, 1}))
                .constant(Tensor(DType::f32, {1, 1, 1}))
                .absent()
                .input(Tensor::of<int32_t>({1}, {length}))
                .run();
          }).starts_with("InvalidInput"));
}

}  // namespace
}  // namespace octavo
