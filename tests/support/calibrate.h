// Calibration in tests: a plan's network runs on batches, and a calibrator watches it.
#pragma once

#include <vector>

#include "passes/passes.h"
#include "quant/calibrator.h"
#include "runtime/executor.h"

namespace octavo::test {

// Feeds of each run, in the order of the graph's inputs.
using Batches = std::vector<std::vector<Tensor>>;

inline void calibrate(const QuantizationPlan& plan, Calibrator& calibrator, const Batches& batches) {
  Graph observed = observed_graph(plan);
  verify(observed);
  lower(observed, KernelPolicy{});
  Executor executor(compile(std::move(observed), KernelPolicy{}));
  for (const std::vector<Tensor>& batch : batches) {
    std::vector<Feed> feeds;
    for (std::size_t i = 0; i < batch.size(); ++i)
      feeds.push_back({plan.graph[plan.graph.inputs[i]].name, &batch[i]});
    executor.run(feeds, &calibrator);
  }
}

}  // namespace octavo::test
