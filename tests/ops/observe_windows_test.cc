#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "support/conv_reference.h"
#include "support/op_runner.h"
#include "support/random_data.h"

using namespace octavo;
using namespace octavo::test;

namespace {

struct Recorder : TensorObserver {
  int64_t id = -1;
  Shape shape;
  std::vector<float> rows;
  void observe(int64_t observed, const TensorView& tensor) override {
    id = observed;
    shape = tensor.shape;
    rows.assign(tensor.as<float>(), tensor.as<float>() + tensor.shape.elements());
  }
};

OpRunner conv_like(std::string_view op, int64_t groups) {
  OpRunner runner(op);
  runner.attr("group", groups).attr("pads", Ints{1, 0, 1, 1}).attr("strides", Ints{2, 1});
  return runner;
}

}  // namespace

TEST_CASE("octavo.ObserveWindows shows what a Conv multiplies with its weights, and changes nothing") {
  Random random(9);
  for (const int64_t groups : {1, 2, 6})
    for (const bool is_last : {false, true}) {
      CAPTURE(groups, is_last);
      const int64_t channels = 6, outputs = 12;
      const Tensor x = random.floats({1, channels, 5, 5}),
                   w = random.floats({outputs, channels / groups, 3, 2});
      const Tensor expected = conv_like("Conv", groups).input(x).input(w).run1();
      const int64_t positions = expected.shape().elements(2, 4);

      Recorder recorder;
      const Tensor given = is_last ? channels_last<float>(x) : x;
      OpRunner runner = conv_like("octavo.ObserveWindows", groups);
      runner.node().lowered.observed = 42;
      const Tensor passed = runner.channels_last(is_last).input(given).input(w).observer(&recorder).run1();
      CHECK(values<float>(passed) == values<float>(given));
      CHECK(recorder.id == 42);
      const int64_t depth = channels / groups * 6;
      REQUIRE(positions <= 16);  // all of them are shown
      REQUIRE(recorder.shape == Shape{groups, positions, depth});
      for (int64_t o = 0; o < outputs; ++o)
        for (int64_t p = 0; p < positions; ++p) {
          const int64_t group = o / (outputs / groups), of_group = channels / groups;
          float sum = 0;
          for (int64_t place = 0; place < 6; ++place)
            for (int64_t c = 0; c < of_group; ++c)
              sum += recorder.rows[(group * positions + p) * depth + place * of_group + c] *
                     w.span<float>()[(o * of_group + c) * 6 + place];
          REQUIRE(std::abs(sum - expected.span<float>()[o * positions + p]) < 1e-5f);
        }
    }
}

TEST_CASE("of a large image octavo.ObserveWindows shows places spread over all of it") {
  Tensor x(DType::f32, {2, 1, 50, 40});
  for (int64_t i = 0; i < x.shape().elements(); ++i) x.span<float>()[i] = static_cast<float>(i);
  Recorder recorder;
  OpRunner runner("octavo.ObserveWindows");
  runner.node().lowered.observed = 1;
  runner.input(x).input(Tensor(DType::f32, {1, 1, 1, 1})).observer(&recorder).run1();
  const auto count = static_cast<int64_t>(recorder.rows.size());
  CHECK(count == 128);
  for (int64_t i = 0; i < count; ++i) {
    const int64_t from = i * 4000 / count, to = (i + 1) * 4000 / count;
    CHECK((recorder.rows[i] >= static_cast<float>(from) && recorder.rows[i] <= static_cast<float>(to)));
  }
}
