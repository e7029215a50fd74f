// Ranges by percentile, entropy and mse, against tools/fixtures/calibrators.py.
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>

#include "quant/entropy_range.h"
#include "quant/mse_range.h"
#include "quant/observer.h"
#include "quant/percentile_range.h"
#include "support/json_fixture.h"
#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

namespace {

const Json& fixture() {
  static const Json json = read_json_fixture("calibrators.json");
  return json;
}

// The range of an observer that sees the batches one after the other, or all at once.
ValueRange observed(const Json& test, ObserverOptions options, bool at_once, int steps = 255) {
  options.bins = test["bins"];
  const auto observer = make_observer(options, {}, steps);
  std::vector<float> all;
  for (const Json& batch : fixture()["data"][test["data"].get<std::string>()]) {
    const std::vector<float> values = to_floats(batch);
    if (!at_once) observer->observe(values);
    all.insert(all.end(), values.begin(), values.end());
  }
  if (at_once) observer->observe(all);
  return observer->range();
}

// The larger of the distances between the ends.
float distance(ValueRange range, const Json& expected) {
  return std::max(std::abs(range.min - to_float(expected[0])), std::abs(range.max - to_float(expected[1])));
}

// Ends and therefore scales agree to 1e-5.
bool agrees(ValueRange range, const Json& expected) {
  return distance(range, expected) <=
         1e-5f * std::max(std::abs(to_float(expected[0])), std::abs(to_float(expected[1])));
}

// How far a range is from ONNX Runtime's of the same batches, one after the other, in bins of Octavo's and of its own.
float bins_apart(ValueRange range, const Json& test, const Json& c) {
  float furthest = 0;
  for (const Json& batch : fixture()["data"][test["data"].get<std::string>()])
    for (float value : to_floats(batch)) furthest = std::max(furthest, std::abs(value));
  return distance(range, c["growing"]) / (2 * furthest / test["bins"].get<float>() + c["width"].get<float>());
}

}  // namespace

TEST_CASE("percentiles are ONNX Runtime's where bins are the same, and near them where bins had to grow") {
  for (const Json& test : fixture()["cases"])
    for (const Json& c : test["percentile"]) {
      const ObserverOptions options = {.kind = ObserverKind::percentile, .percentile = c["percentile"]};
      CAPTURE(test["data"].dump(), test["bins"].dump(), c.dump());
      CHECK(agrees(observed(test, options, true), c["reference"]));
      CHECK(agrees(observed(test, options, true), c["at_once"]));
      CHECK(bins_apart(observed(test, options, false), test, c) <= 1);
    }
}

TEST_CASE("entropy ranges are ONNX Runtime's where bins are the same") {
  int same = 0;
  for (const Json& test : fixture()["cases"]) {
    const Json& c = test["entropy"];
    CAPTURE(test["data"].dump(), test["bins"].dump(), c.dump());
    const ValueRange range = observed(test, {.kind = ObserverKind::entropy}, true);
    CHECK(agrees(range, c["reference"]));
    if (c["ambiguous"]) continue;
    CHECK(agrees(range, c["at_once"]));
    ++same;
  }
  CHECK(same >= 20);
}

TEST_CASE("mse ranges are where both derivatives of the error are 0") {
  for (const Json& test : fixture()["cases"])
    for (const Json& c : test["mse"]) {
      CAPTURE(test["data"].dump(), test["bins"].dump(), c.dump());
      CHECK(agrees(observed(test, {.kind = ObserverKind::mse}, true, c["steps"]), c["reference"]));
      // A tenth of a decibel from what a search over the values themselves finds, or what they are worth as they are.
      CHECK(c["db"] > std::max(c["least_db"].get<double>(), c["minmax_db"].get<double>()) - 0.2);
    }
}
