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
  // Names of the constants that are trained; empty: those of trainable_constants.
  std::vector<std::string> parameters;
  // BatchNormalization goes by the statistics of each batch, and learns running ones: train/batch_statistics.h.
  bool batch_statistics = false;
};

struct StepOptions {
  double rate_factor = 1;           // of the learning rate: rate_factor of schedule.h
  bool freezes_observers = false;   // ranges of a network that is rounded stay as they are
  bool freezes_statistics = false;  // BatchNormalization goes by running statistics, which stay as they are
};

// Constants of float32 that operators learn: weights, biases and scales, embeddings. Means and variances of
// BatchNormalization are none.
std::vector<ValueId> trainable_constants(const Graph& graph);

// The name of the feed that a layer is compared with.
std::string layer_target(std::string_view layer);

// What a trainer keeps, by name: parameters, moments, ranges, learned scales.
struct NamedState {
  std::string name;
  Tensor tensor;
};

// What a step takes of memory, in bytes.
struct TrainingMemory {
  uint64_t state;        // parameters, moments, ranges
  uint64_t activations;  // and gradients, of a batch
};

class Trainer {
 public:
  // Of a float network whose first output the loss is of. Nothing of it changes.
  //
  // Throws Error(invalid_option), naming it, for a parameter that the network does not have; Error(unsupported) for a
  // network without parameters or, where that is to be trained, BatchNormalization, and with the first step where
  // something on the way to them has no gradient.
  Trainer(Graph network, TrainingOptions options, const KernelPolicy& kernels);
  // Of a network that is rounded as it will be once it is quantized.
  Trainer(FakeQuantized network, TrainingOptions options, const KernelPolicy& kernels);

  // Goes on with another loss or optimizer: parameters and ranges stay, moments as far as that optimizer has the same.
  void configure(const LossOptions& loss, const OptimizerOptions& optimizer);

  // One step on a batch, and the loss before it. `targets`: what the loss compares output 0 with; what it compares
  // LossOptions::layers with is fed by the names of layer_target(). Feeds of other shapes than before make another
  // graph, with the same parameters.
  //
  // Throws Error(invalid_input) for feeds or targets that do not fit, Error(invalid_data) for a class out of range and,
  // with the parameters as the step left them, for a loss that is not finite.
  float step(std::span<const Feed> feeds, const TensorView& targets, const StepOptions& options = {});

  // The gradients of the loss by each parameter, in their order. Nothing changes.
  std::vector<Tensor> gradients(std::span<const Feed> feeds, const TensorView& targets) const;
  // Of a step on feeds and targets of these shapes. Makes what they need beforehand.
  TrainingMemory memory(std::span<const Feed> feeds, const TensorView& targets);

  // Steps that were taken with this optimizer.
  int64_t steps() const { return steps_; }
  OptimizerKind optimizer() const { return options_.optimizer.kind; }
  // Everything that a step changes.
  std::vector<NamedState> state() const;
  // Goes on where another trainer of the same network and options was. Throws Error(invalid_input), naming the tensor,
  // for one that does not fit or is missing; nothing changes then.
  void restore(std::vector<NamedState> state, OptimizerKind optimizer, int64_t steps);
  // The parameters' names, and what they are now.
  std::vector<std::string> parameters() const;
  TensorView parameter(std::size_t i) const;
  // The float network with the parameters as they are now.
  Graph network() const;
  // The same on integers, of a network that was rounded, with the ranges that were seen.
  Graph converted() const;
  // The same before it is written as a network. Everything that has scales of its own is given those that it has now.
  QuantizationPlan plan() const;

 private:
  // The training graph for feeds of certain shapes: of whole batches, say, and of the rest.
  struct Built {
    std::vector<std::pair<DType, Shape>> types;  // of the feeds and targets
    std::unique_ptr<Executor> executor;
  };
  // What is differentiated: the network for those feeds, its loss, and the gradients by what is trained.
  struct Differentiated {
    Graph graph;
    ValueId loss = kNoValue;
    std::vector<ValueId> gradients;
  };
  Differentiated differentiate(std::span<const Feed> feeds, const TensorView& targets) const;
  Executor& executor_for(std::span<const Feed> feeds, const TensorView& targets);
  std::shared_ptr<State> first_state(const Graph& graph);
  void check_classes(const TensorView& targets) const;
  // Of the state that is kept by that name.
  TensorView kept(std::string_view name) const;

  void choose_parameters();
  // Of the state that slot i of fake_.states begins.
  std::string_view range_name(std::size_t slot) const;
  // How many of begin_ are not moments.
  std::size_t own_states() const {
    return fake_.states.size() + parameters_.size() + fake_.learned.size() + statistics_.size();
  }
  // What a run is fed: the batch, and scalars, which live as long as this does.
  struct StepFeeds {
    std::vector<Tensor> scalars;
    std::vector<Feed> feeds;
  };
  // With ObservingRates::kInputs where anything is observed; `rates`: null for graphs without an optimizer.
  StepFeeds step_feeds(std::span<const Feed> feeds, const TensorView& targets, const StepOptions& options,
                       const StepRates* rates) const;

  // What is trained, with all constants of network_ by their names.
  const Graph& trained() const { return fake_.graph.nodes.empty() ? network_ : fake_.graph; }

  Graph network_;       // in float
  FakeQuantized fake_;  // what is trained, where that is rounded; else an empty graph
  TrainingOptions options_;
  KernelPolicy kernels_;
  std::vector<ValueId> parameters_;  // of trained()
  std::vector<ValueId> statistics_;  // the same: running ones, which follow batches
  std::vector<NamedState> begin_;    // what the state begins with; moments that are missing, with 0
  std::shared_ptr<State> state_;     // from the first step on
  std::vector<std::string> slots_;   // names, by slot of state_
  std::vector<Built> built_;         // of the last few, the latest last
  int64_t steps_ = 0;
};

}  // namespace octavo
