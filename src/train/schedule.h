// Learning rates, step by step.
#pragma once

#include <cstdint>

namespace octavo {

enum class ScheduleKind : uint8_t {
  constant,
  step,    // times `gamma` after each `step_size` steps: PyTorch's StepLR
  cosine,  // from the whole rate to 0 over all steps: PyTorch's CosineAnnealingLR
};

struct Schedule {
  ScheduleKind kind = ScheduleKind::constant;
  int64_t steps = 0;      // of the whole training, for cosine
  int64_t warmup = 0;     // steps before, in which the rate grows linearly to the whole one
  int64_t step_size = 1;  // for step
  double gamma = 0.1;     // for step
};

// The factor of the learning rate at step 0, 1, … of the training: (step + 1) / (warmup + 1) while it warms up, then
// what the kind says of the steps since.
double rate_factor(const Schedule& schedule, int64_t step);

}  // namespace octavo
