// octavo.DynamicQLSTM, octavo.DynamicQGRU and octavo.DynamicQRNN against the equations of ONNX with quantized operands.
#include <catch2/catch_test_macros.hpp>

#include "support/close.h"
#include "support/op_runner.h"
#include "support/recurrent_reference.h"

namespace octavo {
namespace {

using test::error_of;
using test::OpRunner;
using Case = test::RecurrentCase;

// What shares a scale of int8 [D, rows, depth].
enum class Sharing { tensor, direction, channel, row };

struct Weights {
  Tensor integers;
  QParams qparams;
};

// Integers and scales at random. The floats become what these mean.
Weights quantize(Tensor& floats, Sharing sharing, bool zero_points, test::Random& random) {
  const Shape& shape = floats.shape();
  const int64_t rows = shape[1], depth = shape[2], all = shape[0] * rows;
  Weights out{random.integers<int8_t>(shape, -127, 127), {.qmin = -128, .qmax = 127}};
  QParams& q = out.qparams;
  q.axis = sharing == Sharing::tensor      ? -1
           : sharing == Sharing::direction ? 0
           : sharing == Sharing::channel   ? 1
                                           : 2;
  if (sharing == Sharing::row) q.block = depth;
  const int64_t pairs = sharing == Sharing::tensor      ? 1
                        : sharing == Sharing::direction ? shape[0]
                        : sharing == Sharing::channel   ? rows
                                                        : all;
  for (int64_t i = 0; i < pairs; ++i) {
    q.scale.push_back(random.real(0.002f, 0.01f));
    q.zero_point.push_back(zero_points ? static_cast<int32_t>(random.integer(-100, 100)) : 0);
  }
  for (int64_t row = 0; row < all; ++row) {
    const int64_t pair = sharing == Sharing::tensor      ? 0
                         : sharing == Sharing::direction ? row / rows
                         : sharing == Sharing::channel   ? row % rows
                                                         : row;
    for (int64_t i = row * depth; i < (row + 1) * depth; ++i)
      floats.span<float>()[static_cast<std::size_t>(i)] =
          static_cast<float>(out.integers.span<int8_t>()[static_cast<std::size_t>(i)] -
                             q.zero_point[static_cast<std::size_t>(pair)]) *
          q.scale[static_cast<std::size_t>(pair)];
  }
  return out;
}

OpRunner runner_of(const Case& k, const test::RecurrentData& data, Weights w, Weights r) {
  OpRunner runner("octavo.DynamicQ" + k.op);
  QuantizationNotes notes{.granularity = *k.granularity};
  if (k.qmax != 255) notes.qmax = k.qmax;
  runner.attr("direction", k.direction).notes(notes).outputs(k.op == "LSTM" ? 3 : 2);
  if (k.linear_before_reset) runner.attr("linear_before_reset", int64_t{1});
  const auto add = [&](const Tensor& tensor, bool is_there) {
    is_there ? runner.input(Tensor::copy_of(tensor.view())) : runner.absent();
  };
  add(data.x, true);
  runner.constant(std::move(w.integers)).input_qparams(w.qparams);
  runner.constant(std::move(r.integers)).input_qparams(r.qparams);
  add(data.b, k.bias);
  k.lengths.empty() ? void(runner.absent())
                    : void(runner.input(Tensor::of<int32_t>({k.batch}, std::span<const int32_t>(k.lengths))));
  add(data.h, k.initial);
  if (k.op == "LSTM") {
    add(data.c, k.initial);
    add(data.p, k.peepholes);
  }
  return runner;
}

void check(const Case& k, Sharing sharing = Sharing::direction, bool zero_points = false) {
  INFO(k.op << ' ' << k.direction << " granularity " << int(*k.granularity) << " sharing " << int(sharing)
            << " zero points " << zero_points);
  test::Random random(9);
  test::RecurrentData data(k, random);
  Weights w = quantize(data.w, sharing, zero_points, random),
          r = quantize(data.r, sharing, zero_points, random);
  const std::vector<Tensor> expected = test::recurrent_reference(k, data);
  OpRunner runner = runner_of(k, data, std::move(w), std::move(r));
  const std::vector<Tensor> actual = runner.run();
  REQUIRE(actual.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    INFO("output " << i);
    test::check_close(actual[i], expected[i]);
  }
}

TEST_CASE("Recurrent networks compute on integers", "[ops][dynamic_recurrent]") {
  for (const std::string op : {"RNN", "GRU", "LSTM"})
    for (const std::string direction : {"forward", "reverse", "bidirectional"})
      for (const Granularity granularity : {Granularity::tensor, Granularity::row})
        for (const Sharing sharing : {Sharing::tensor, Sharing::direction, Sharing::channel, Sharing::row})
          for (const bool zero_points : {false, true})
            check({.op = op, .direction = direction, .granularity = granularity}, sharing, zero_points);
}

TEST_CASE("Recurrent networks on integers of other sizes, ranges and operands", "[ops][dynamic_recurrent]") {
  for (const std::string op : {"RNN", "GRU", "LSTM"})
    for (const Granularity granularity : {Granularity::tensor, Granularity::row}) {
      check({.op = op, .bias = false, .initial = false, .granularity = granularity, .qmax = 127});
      check({.op = op, .steps = 1, .batch = 1, .inputs = 1, .hidden = 1, .granularity = granularity});
      check({.op = op, .steps = 9, .batch = 1, .inputs = 37, .hidden = 41, .granularity = granularity},
            Sharing::channel, true);
      check({.op = op, .direction = "bidirectional", .lengths = {4, 0, 2}, .granularity = granularity});
      check({.op = op, .linear_before_reset = true, .granularity = granularity});
      check({.op = op, .peepholes = true, .granularity = granularity});
    }
}

TEST_CASE("Recurrent networks on integers of nothing", "[ops][dynamic_recurrent]") {
  const auto run = [](int64_t steps, int64_t batch, int64_t inputs, int64_t hidden) {
    const Case k{.op = "GRU",
                 .steps = steps,
                 .batch = batch,
                 .inputs = inputs,
                 .hidden = hidden,
                 .initial = false,
                 .granularity = Granularity::tensor};
    check(k, Sharing::tensor);
  };
  run(0, 2, 3, 2);
  run(3, 0, 3, 2);
  run(3, 2, 0, 2);
  run(3, 2, 3, 0);
}

TEST_CASE("Recurrent networks on integers refuse what does not fit", "[ops][dynamic_recurrent]") {
  const Case k{.granularity = Granularity::tensor};
  const auto error = [&](auto change) {
    test::Random random(9);
    test::RecurrentData data(k, random);
    Weights w = quantize(data.w, Sharing::channel, false, random),
            r = quantize(data.r, Sharing::channel, false, random);
    change(w, r);
    return error_of([&] { runner_of(k, data, std::move(w), std::move(r)).run(); });
  };
  CHECK(error([](Weights&, Weights&) {}).empty());
  CHECK(error([](Weights&, Weights& r) { r.qparams.scale.pop_back(); }) ==
        "InvalidGraph: weights of shape [1,24,6] have 23 scales and 24 zero points");
  CHECK(error([](Weights& w, Weights&) { w.qparams.axis = 2; }).starts_with("InvalidGraph"));
  CHECK(error([](Weights& w, Weights&) { w.qparams.scale.clear(); }).starts_with("InvalidGraph"));
  CHECK(error([](Weights& w, Weights&) {
          w.integers = Tensor(DType::f32, {1, 24, 5});
        }).starts_with("Unsupported"));
  CHECK(error([](Weights&, Weights& r) {
          r.integers = Tensor(DType::s8, {1, 24, 7});
        }).starts_with("InvalidGraph"));
}

}  // namespace
}  // namespace octavo
