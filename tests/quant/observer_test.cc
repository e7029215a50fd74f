#include "quant/observer.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <numeric>

#include "base/error.h"
#include "quant/choose_qparams.h"
#include "quant/histogram.h"
#include "quant/histogram_search.h"
#include "support/json_fixture.h"
#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

bool agrees(float ours, const Json& theirs) {
  const float expected = to_float(theirs);
  return ours == expected || std::abs(ours - expected) <= 1e-6f * std::abs(expected);
}

struct QType {
  const char* name;
  int32_t qmin, qmax;
  QScheme scheme;
};
constexpr QType kQTypes[] = {{"quint8 affine", 0, 255, QScheme::affine},
                             {"quint8 affine reduced", 0, 127, QScheme::affine},
                             {"qint8 affine", -128, 127, QScheme::affine},
                             {"qint8 symmetric", -128, 127, QScheme::symmetric}};

void compare_with_pytorch(std::string_view pytorch_name, ObserverKind kind) {
  static const Json fixture = read_json_fixture("pytorch/observers.json");
  int compared = 0;
  for (const Json& c : fixture["cases"]) {
    if (c["observer"] != pytorch_name) continue;
    CAPTURE(pytorch_name, c["data"].dump());
    const Json& data = fixture["data"][c["data"].get<std::string>()];
    // "order": which batch comes when; without it each comes once.
    std::vector<std::size_t> order(data["batches"].size());
    std::iota(order.begin(), order.end(), 0);
    if (data.contains("order")) order = data["order"].get<std::vector<std::size_t>>();
    const auto observer = make_observer({.kind = kind,
                                         .averaging_constant = fixture["averaging_constant"].get<float>(),
                                         .bins = fixture["bins"].get<int>()});
    const auto observe = [&] {
      for (std::size_t batch : order) observer->observe(to_floats(data["batches"][batch]));
    };
    const std::string observe_error = error_of(observe);
    for (const QType& type : kQTypes) {
      if (!c["qparams"].contains(type.name)) continue;
      const Json& expected = c["qparams"][type.name];
      CAPTURE(type.name, expected.dump());
      ++compared;
      QParams qparams;
      const std::string error =
          observe_error +
          error_of([&] { qparams = choose_qparams(observer->range(), type.qmin, type.qmax, type.scheme); });
      if (expected.contains("error")) {
        CHECK(error.starts_with("InvalidData"));
        continue;
      }
      CHECK(error == "");
      CHECK(agrees(qparams.scale[0], expected["scale"]));
      CHECK(qparams.zero_point[0] == expected["zero_point"].get<int32_t>());
    }
  }
  CHECK(compared >= 100);
}

}  // namespace

TEST_CASE("MinMaxObserver gives PyTorch's qparams") {
  compare_with_pytorch("MinMaxObserver", ObserverKind::minmax);
}

TEST_CASE("MovingAverageObserver gives PyTorch's qparams") {
  compare_with_pytorch("MovingAverageMinMaxObserver", ObserverKind::moving_average);
}

TEST_CASE("HistogramObserver gives PyTorch's qparams") {
  compare_with_pytorch("HistogramObserver", ObserverKind::histogram);
}

TEST_CASE("a histogram counts every value in its bin, at any length") {
  for (int length : {1, 5, 255, 256, 257, 1000}) {
    std::vector<float> values;
    for (int i = 0; i < length; ++i) values.push_back(static_cast<float>(i % 10));
    const std::vector<float> counts = count_histogram(values, {0, 10}, 10);
    for (int bin = 0; bin < 10; ++bin) CHECK(counts[bin] == (length - bin + 9) / 10);
  }
}

TEST_CASE("Ranges and histograms are the same on any number of threads", "[threads]") {
  std::vector<float> values(100'000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i * 7919 % 99'991) - 3;
  const ValueRange range = find_range(values);
  const std::vector<float> counts = count_histogram(values, range, 300);
  for (const int count : {2, 3, 4}) {
    const Threads threads(count);
    CHECK(find_range(values, threads) == range);
    CHECK(count_histogram(values, range, 300, threads) == counts);
  }
  values[77'777] = kNan;
  CHECK(std::isnan(find_range(values, Threads(3)).min));
}

TEST_CASE("a histogram's last bin includes its upper end, and a single point gets a bin in the middle") {
  CHECK(count_histogram(std::vector<float>{0, 1, 4, 4}, {0, 4}, 4) == std::vector<float>{1, 1, 0, 2});
  CHECK(count_histogram(std::vector<float>{7, 7, 7}, {7, 7}, 4) == std::vector<float>{0, 0, 3, 0});
}

TEST_CASE("rebinning keeps all counts and moves them to where their values are") {
  const std::vector<float> counts = {4, 0, 2, 8};
  CHECK(rebin_histogram(counts, {0, 4}, {0, 8}) == std::vector<float>{4, 10, 0, 0});
  CHECK(rebin_histogram(counts, {0, 4}, {-4, 4}) == std::vector<float>{0, 0, 4, 10});
}

// Powers of two round nothing, so the bins found must be the very same.
TEST_CASE("a histogram finds the same range whatever the size of the numbers") {
  const auto found = [](float size) {
    const auto observer = make_observer({.kind = ObserverKind::histogram});
    for (float widening : {0.5f, 1.0f}) {
      std::vector<float> values;
      for (int i = 0; i < 4000; ++i) values.push_back(size * widening * std::sin(static_cast<float>(i * i)));
      for (int i = 0; i < 4; ++i) values.push_back(size * widening * 3.5f);
      observer->observe(values);
    }
    const ValueRange range = observer->range();
    return ValueRange{range.min / size, range.max / size};
  };
  const ValueRange ordinary = found(1);
  CHECK(ordinary.max < 3.5f);  // the outliers are not worth their levels
  CHECK(ordinary.min < -0.9f);
  for (float size : {0x1p-100f, 0x1p-60f, 0x1p-20f, 0x1p20f, 0x1p60f, 0x1p110f, 0x1p124f})
    CHECK(found(size) == ordinary);
}

TEST_CASE("averages of bounds whose difference overflows") {
  const auto observer = make_observer({.kind = ObserverKind::moving_average, .averaging_constant = 0.25f});
  observer->observe(std::vector<float>{-3e38f, 3e38f});
  observer->observe(std::vector<float>{3e38f});
  CHECK(std::abs(observer->range().min / -1.5e38f - 1) < 1e-6f);
  CHECK(observer->range().max == 3e38f);
}

TEST_CASE("ranges beyond float32 neither hang nor crash the histogram") {
  const float huge = std::numeric_limits<float>::max();
  const auto kind =
      GENERATE(ObserverKind::histogram, ObserverKind::percentile, ObserverKind::entropy, ObserverKind::mse);
  const auto observer = make_observer({.kind = kind, .bins = 64});
  observer->observe(std::vector<float>{-huge, 0, huge});
  observer->observe(std::vector<float>{huge, 1e-45f, 3e38f});
  CHECK(observer->range().min < -0.9f * huge);
  CHECK(observer->range().max > 0.9f * huge);
  CHECK(std::isfinite(observer->range().min));
  CHECK(std::isfinite(observer->range().max));
  const auto constant = make_observer({.kind = kind});
  constant->observe(std::vector<float>(10, 1e30f));
  CHECK(constant->range().max == 1e30f);
}

TEST_CASE("an observer that saw nothing usable says so") {
  for (int kind = 0; kind <= int(ObserverKind::mse); ++kind) {
    const auto observer = make_observer({.kind = ObserverKind(kind)});
    CHECK(observer->range().empty());
    observer->observe({});
    CHECK(observer->range().empty());
  }
  const auto histogram = make_observer({.kind = ObserverKind::histogram});
  histogram->observe(std::vector<float>{kInfinity, -kInfinity});
  CHECK(histogram->range().empty());
}

TEST_CASE("options out of range are named") {
  CHECK(error_of([] { make_observer({.averaging_constant = 0}); }).contains("averagingConstant"));
  CHECK(error_of([] { make_observer({.averaging_constant = 1.5f}); }).contains("averagingConstant"));
  CHECK(error_of([] { make_observer({.averaging_constant = kNan}); }).contains("averagingConstant"));
  CHECK(error_of([] { make_observer({.bins = 1}); }).contains("bins"));
  for (double percentile : {0.0, -1.0, 100.1, double{kNan}})
    CHECK(error_of([&] { make_observer({.percentile = percentile}); }).contains("percentile"));
  CHECK(error_of([] { make_observer({.bins = 1 << 20}); }).starts_with("InvalidOption"));
}
