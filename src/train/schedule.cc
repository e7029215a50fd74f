#include "train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace octavo {

double rate_factor(const Schedule& schedule, int64_t step) {
  if (step < schedule.warmup) return static_cast<double>(step + 1) / static_cast<double>(schedule.warmup + 1);
  const int64_t since = step - schedule.warmup;
  switch (schedule.kind) {
    case ScheduleKind::constant: return 1;
    case ScheduleKind::step: {
      const int64_t falls = since / std::max<int64_t>(schedule.step_size, 1);
      return std::pow(schedule.gamma, static_cast<double>(falls));
    }
    case ScheduleKind::cosine: {
      const int64_t whole = std::max<int64_t>(schedule.steps - schedule.warmup, 1);
      const double share = static_cast<double>(std::min(since, whole)) / static_cast<double>(whole);
      return (1 + std::cos(std::numbers::pi * share)) / 2;
    }
  }
  return 1;
}

}  // namespace octavo
