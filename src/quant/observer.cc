#include "quant/observer.h"

#include <cmath>

#include "base/error.h"
#include "quant/histogram_observer.h"
#include "quant/minmax_observer.h"
#include "quant/moving_average_observer.h"

namespace octavo {

void Observer::observe(std::span<const float> values, ValueRange range) {
  if (values.empty()) return;
  require(!std::isnan(range.min), ErrorCode::invalid_data, "an observed value is NaN");
  update(values, range);
}

std::unique_ptr<Observer> make_observer(const ObserverOptions& options, const Threads& threads, int steps) {
  require(options.averaging_constant > 0 && options.averaging_constant <= 1, ErrorCode::invalid_option,
          "averagingConstant must be above 0 and at most 1");
  require(options.bins >= 2 && options.bins <= kMaxHistogramBins, ErrorCode::invalid_option,
          "bins must be 2 to {}, not {}", kMaxHistogramBins, options.bins);
  require(options.percentile > 0 && options.percentile <= 100, ErrorCode::invalid_option,
          "percentile must be above 0 and at most 100");
  switch (options.kind) {
    case ObserverKind::minmax: return std::make_unique<MinMaxObserver>();
    case ObserverKind::moving_average:
      return std::make_unique<MovingAverageObserver>(options.averaging_constant);
    default: return std::make_unique<HistogramObserver>(options, threads, steps);
  }
}

}  // namespace octavo
