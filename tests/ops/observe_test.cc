#include <catch2/catch_test_macros.hpp>

#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

TEST_CASE("octavo.Observe shows what passes through it") {
  struct Recorder : TensorObserver {
    int64_t id = -1;
    std::vector<float> seen;
    void observe(int64_t observed, const TensorView& tensor) override {
      id = observed;
      seen.assign(tensor.as<float>(), tensor.as<float>() + tensor.shape.elements());
    }
  } recorder;
  const auto op = [] {
    OpRunner runner("octavo.Observe");
    runner.node().lowered.observed = 42;
    return runner.input(iota<float>({3}, 1));
  };
  CHECK(op().is_view());
  CHECK(values<float>(op().run1()) == std::vector<float>{1, 2, 3});
  CHECK(values<float>(op().observer(&recorder).run1()) == std::vector<float>{1, 2, 3});
  CHECK(recorder.id == 42);
  CHECK(recorder.seen == std::vector<float>{1, 2, 3});
}
