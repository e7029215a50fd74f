#include "quant/choose_qparams.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

#include "base/error.h"
#include "support/json_fixture.h"
#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;
using Catch::Matchers::WithinRel;

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

}  // namespace

TEST_CASE("choose_qparams gives PyTorch's scale and zero_point") {
  const Json fixture = read_json_fixture("pytorch/choose_qparams.json");
  // A number, or in per-channel cases a list of them.
  const auto list = [](const Json& value) { return value.is_array() ? value : Json::array({value}); };
  int compared = 0;
  for (const Json& c : fixture["cases"]) {
    const QScheme scheme =
        c["qscheme"].get<std::string>().ends_with("symmetric") ? QScheme::symmetric : QScheme::affine;
    const Json mins = list(c["min"]), maxs = list(c["max"]);
    for (std::size_t channel = 0; channel < mins.size(); ++channel) {
      CAPTURE(c.dump(), channel);
      const auto choose = [&] {
        return choose_qparams({to_float(mins[channel]), to_float(maxs[channel])}, c["quant_min"],
                              c["quant_max"], scheme);
      };
      ++compared;
      if (c.contains("error")) {
        CHECK(error_of(choose).starts_with("InvalidData: "));
        continue;
      }
      const QParams qparams = choose();
      const float scale = to_float(list(c["scale"])[channel]);
      CHECK((qparams.scale[0] == scale || std::abs(qparams.scale[0] - scale) <= 1e-6f * scale));
      CHECK(qparams.zero_point[0] == list(c["zero_point"])[channel].get<int32_t>());
    }
  }
  CHECK(compared >= 300);
}

TEST_CASE("weights get PyTorch's per-channel scales in the full range, and 1 for a channel of zeros") {
  const Json fixture = read_json_fixture("pytorch/observers.json");
  int compared = 0;
  for (const Json& c : fixture["cases"]) {
    if (c["observer"] != "PerChannelMinMaxObserver") continue;
    const Json& weights = fixture["weights"][c["data"].get<std::string>()];
    const Tensor tensor = Tensor::of<float>(Shape(weights["shape"].get<std::vector<int64_t>>()),
                                            std::span<const float>(to_floats(weights["values"])));
    const int axis = weights["channel_axis"];
    const QParams qparams = choose_weight_qparams(tensor.view(), {.axis = axis, .qmin = -128, .qmax = 127});
    CHECK(qparams.axis == axis);
    CHECK(qparams.qmin == -128);
    const std::vector<float> scales = to_floats(c["qparams"]["qint8 symmetric"]["scale"]);
    REQUIRE(qparams.scale.size() == scales.size());
    for (std::size_t channel = 0; channel < scales.size(); ++channel) {
      CAPTURE(c["data"].dump(), channel);
      const float largest = std::max(-to_float(c["min"][channel]), to_float(c["max"][channel]));
      // PyTorch raises small scales to its epsilon.
      const float expected = largest == 0                       ? 1.0f
                             : scales[channel] == kScaleEpsilon ? largest / 127.5f
                                                                : scales[channel];
      CHECK_THAT(qparams.scale[channel], WithinRel(expected, 1e-6f));
      CHECK(qparams.zero_point[channel] == 0);
      ++compared;
    }
  }
  CHECK(compared >= 10);
}

TEST_CASE("narrow weights map the largest weight to 127") {
  const Tensor weights = Tensor::of<float>({2, 3}, {1, -2.54f, 0, 0.5f, 0.25f, 1.27f});
  const QParams rows = choose_weight_qparams(weights.view(), {.axis = 0, .qmin = -127, .qmax = 127});
  CHECK(rows.qmin == -127);
  CHECK(rows.qmax == 127);
  CHECK_THAT(rows.scale[0], WithinRel(0.02f, 1e-6f));
  CHECK_THAT(rows.scale[1], WithinRel(0.01f, 1e-6f));

  const QParams columns = choose_weight_qparams(weights.view(), {.axis = 1, .qmin = -127, .qmax = 127});
  CHECK_THAT(columns.scale[0], WithinRel(1.0f / 127, 1e-6f));
  CHECK_THAT(columns.scale[1], WithinRel(0.02f, 1e-6f));
  CHECK_THAT(columns.scale[2], WithinRel(0.01f, 1e-6f));

  const QParams whole = choose_weight_qparams(weights.view(), {.axis = -1, .qmin = -127, .qmax = 127});
  CHECK(whole.per_tensor());
  REQUIRE(whole.scale.size() == 1);
  CHECK_THAT(whole.scale[0], WithinRel(0.02f, 1e-6f));
}

TEST_CASE("scales of weights are as small as the weights, down to the smallest normal number") {
  const Tensor weights = Tensor::of<float>({3, 1}, {1.27e-8f, 1.27e-30f, 1e-40f});
  const QParams qparams = choose_weight_qparams(weights.view(), {.axis = 0, .qmin = -127, .qmax = 127});
  CHECK_THAT(qparams.scale[0], WithinRel(1e-10f, 1e-6f));
  CHECK_THAT(qparams.scale[1], WithinRel(1e-32f, 1e-6f));
  CHECK(qparams.scale[2] == std::numeric_limits<float>::min());
}

TEST_CASE("scales of activations are as small or as large as their range") {
  const QParams tiny = choose_activation_qparams({-1e-30f, 1.55e-30f}, 0, 255);
  CHECK_THAT(tiny.scale[0], WithinRel(1e-32f, 1e-6f));
  CHECK(tiny.zero_point[0] == 100);
  const QParams zero = choose_activation_qparams({0, 0}, 0, 127);
  CHECK(zero == QParams{.scale = {1.0f / 127}, .zero_point = {0}, .qmin = 0, .qmax = 127});
  const QParams huge = choose_activation_qparams({-1e38f, 3e38f}, 0, 255);
  CHECK_THAT(huge.scale[0], WithinRel(float(4e38 / 255), 1e-6f));
  CHECK(huge.zero_point[0] == 64);
  CHECK(choose_activation_qparams({0, kInfinity}, 0, 255).scale[0] == kInfinity);
  CHECK(choose_activation_qparams({}, 0, 255).scale[0] == 1);
  const QParams ordinary = choose_qparams({-0.3f, 2}, 0, 255);
  CHECK(choose_activation_qparams({-0.3f, 2}, 0, 255) == ordinary);
}

TEST_CASE("weights that are not finite are an error") {
  for (float bad : {kInfinity, -kInfinity, kNan}) {
    const Tensor weights = Tensor::of<float>({1, 3}, {1, bad, 0});
    CHECK(error_of([&] {
            choose_weight_qparams(weights.view(), {.axis = 0, .qmin = -127, .qmax = 127});
          }).starts_with("InvalidData"));
  }
}

TEST_CASE("find_range finds minimum, maximum and NaN at every position of every length") {
  for (std::size_t length = 1; length < 70; ++length) {
    for (std::size_t at = 0; at < length; ++at) {
      std::vector<float> values(length, 1.0f);
      values[at] = -3;
      CHECK(find_range(values) == ValueRange{-3, length == 1 ? -3.0f : 1.0f});
      values[at] = 5;
      CHECK(find_range(values) == ValueRange{length == 1 ? 5.0f : 1.0f, 5});
      values[at] = kNan;
      CHECK(std::isnan(find_range(values).min));
      CHECK(std::isnan(find_range(values).max));
    }
  }
  CHECK(find_range({}).empty());
  const std::vector<float> infinities = {1, kInfinity, -kInfinity};
  CHECK(find_range(infinities) == ValueRange{-kInfinity, kInfinity});
}
