// Trains a network where it is: the forward pass, its loss, the backward pass and the optimizer are one graph, which
// the ordinary executor runs; parameters and moments are its state.
//
//   Trainer trainer(graph, {.loss = {LossKind::cross_entropy}, .optimizer = {.kind = OptimizerKind::adamw}}, {});
//   for (…) loss = trainer.step(feeds, labels.view(), {rate_factor(schedule, trainer.steps())});
//   Graph trained = trainer.network();
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "runtime/executor.h"
#include "train/fake_quantize.h"
#include "train/losses.h"
#include "train/optimizer.h"

namespace octavo {

struct TrainingOptions {
  LossOptions loss;
  OptimizerOptions optimizer;
  // Of learned scales, which are small: times the learning rate.
  double scale_rate = 0.01;
  // Names of the constants that are trained; empty: those of trainable_constants.
  std::vector<std::string> parameters;
};

struct StepOptions {
  double rate_factor = 1;          // of the learning rate: rate_factor of schedule.h
  bool freezes_observers = false;  // ranges of a network that is rounded stay as they are
};

// Constants of float32 that operators learn: weights, biases and scales, embeddings. Means and variances of
// BatchNormalization stay as they are.
std::vector<ValueId> trainable_constants(const Graph& graph);

class Trainer {
 public:
  // Of a float network whose first output the loss is of. Nothing of it changes.
  //
  // Throws Error(invalid_option), naming it, for a parameter that the network does not have; Error(unsupported) for a
  // network without parameters, and with the first step where something on the way to them has no gradient.
  Trainer(Graph network, TrainingOptions options, const KernelPolicy& kernels);
  // Of a network that is rounded as it will be once it is quantized.
  Trainer(FakeQuantized network, TrainingOptions options, const KernelPolicy& kernels);

  // One step on a batch, and the loss before it. `targets`: what the loss compares output 0 with. Feeds of other shapes
  // than before make another graph, with the same parameters.
  //
  // Throws Error(invalid_input) for feeds or targets that do not fit, and, with the parameters as the step left them,
  // for a loss that is not finite.
  float step(std::span<const Feed> feeds, const TensorView& targets, const StepOptions& options = {});

  // Steps that were taken.
  int64_t steps() const { return steps_; }
  // The parameters' names, and what they are now.
  std::vector<std::string> parameters() const;
  TensorView parameter(std::size_t i) const;
  // The float network with the parameters as they are now.
  Graph network() const;
  // The same on integers, of a network that was rounded, with the ranges that were seen.
  Graph converted() const;

 private:
  // The training graph for feeds of certain shapes.
  struct Built {
    std::vector<std::pair<DType, Shape>> types;  // of the feeds and targets
    std::unique_ptr<Executor> executor;
  };
  Executor& executor_for(std::span<const Feed> feeds, const TensorView& targets);
  Graph build(std::span<const Feed> feeds, const TensorView& targets) const;

  void choose_parameters();

  Graph network_;       // in float
  FakeQuantized fake_;  // what is trained, where that is rounded; else an empty graph
  TrainingOptions options_;
  KernelPolicy kernels_;
  std::vector<ValueId> parameters_;
  std::shared_ptr<State> state_;    // from the first step on: slots of moments and parameters
  std::vector<std::size_t> slots_;  // of each parameter, then of each learned scale, in state_
  std::vector<Built> built_;
  int64_t steps_ = 0;
};

}  // namespace octavo
