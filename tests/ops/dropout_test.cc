#include <catch2/catch_test_macros.hpp>

#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

TEST_CASE("Dropout is the identity and shares memory") {
  OpRunner op("Dropout");
  op.input(iota<float>({2, 3}));
  CHECK(op.is_view());
  CHECK(values<float>(op.run1()) == values<float>(iota<float>({2, 3})));
}

TEST_CASE("Dropout's mask keeps everything") {
  OpRunner op("Dropout");
  op.input(iota<float>({2})).outputs(2);
  CHECK_FALSE(op.is_view());
  const auto y = op.run();
  CHECK(values<float>(y[0]) == std::vector<float>{0, 1});
  CHECK(values<bool>(y[1]) == std::vector<bool>{true, true});
}
