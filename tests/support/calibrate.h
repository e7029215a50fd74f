// Calibration in tests: a plan's network runs on batches, and a calibrator watches it.
#pragma once

#include <vector>

#include "passes/passes.h"
#include "quant/calibrator.h"
#include "runtime/executor.h"
#include "support/graph_builder.h"
#include "support/interpreter.h"

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

// Runs of inputs of which neighbours along every axis are alike.
inline Batches smooth_batches(GraphBuilder& b, const Shape& shape, int runs) {
  Batches batches;
  for (int run = 0; run < runs; ++run) {
    Tensor x = b.random_tensor(shape);
    float last = 0;
    for (float& each : x.span<float>()) last = each = 0.3f * each + 0.7f * last + 0.1f;
    batches.emplace_back().push_back(std::move(x));
  }
  return batches;
}

// The squared error of output 0 of one network against another, over all runs.
inline double squared_error(const Graph& graph, const Graph& other, const Batches& batches) {
  double sum = 0;
  for (const std::vector<Tensor>& batch : batches) {
    const Tensor a = interpret(graph, batch)[0], b = interpret(other, batch)[0];
    for (int64_t i = 0; i < a.shape().elements(); ++i) {
      const double difference =
          static_cast<double>(a.span<float>()[i]) - static_cast<double>(b.span<float>()[i]);
      sum += difference * difference;
    }
  }
  return sum;
}

}  // namespace octavo::test
