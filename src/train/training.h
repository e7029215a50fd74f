// The training of a model: from calibration to a quantized model, with a teacher, and to be saved and taken up again.
// Bindings include nothing else of this layer but train/learned_rounding.h.
//
//   TrainingCalibration calibration(model, options);        calibration.observe(feeds); …
//   std::unique_ptr<Training> training = calibration.finish();
//   training->configure({.loss = …, .optimizer = …, .schedule = …});
//   for (int64_t i = 0; i < steps; ++i) training->step(feeds, &labels, i);
//   std::unique_ptr<Model> quantized = training->converted();
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "engine/engine.h"
#include "train/schedule.h"
#include "train/trainer.h"
#include "train/unfold_normalization.h"

namespace octavo {

// What is trained.
struct TrainingTarget {
  std::vector<std::string> parameters;  // names of constants; empty: all that operators learn
  bool batch_statistics = false;        // of BatchNormalization: TrainingOptions
  // The model's network with BatchNormalization still behind convolutions (read_unfolded), which is trained; or empty.
  Graph unfolded;
  bool unfolds() const { return !unfolded.nodes.empty(); }
  // How the network is rounded meanwhile; nothing: it is trained in float.
  struct Rounded {
    std::variant<StaticOptions, WeightsOptions> quantization;  // activations as well, or weights alone
    ScaleSource scales = ScaleSource::observed;
  };
  std::optional<Rounded> rounded;
};

// How.
struct TrainingSetup {
  LossOptions loss;
  OptimizerOptions optimizer;
  Schedule schedule;
};

// What a step did.
struct TrainingStep {
  double loss;           // before it
  double learning_rate;  // that it took
};

// A training as its file holds it: an ONNX file without nodes, whose outputs are the tensors that the training keeps.
class SavedTraining {
 public:
  // Throws what onnx::read_model throws, and Error(invalid_input) for a file of something else.
  explicit SavedTraining(FileMemory file);

  // What whoever saved it has said of it.
  const std::string& note() const { return note_; }

 private:
  friend class Training;
  Graph graph_;
  std::string note_;
  OptimizerKind optimizer_ = OptimizerKind::adamw;
  int64_t steps_ = 0;  // with that optimizer
};

class Training {
 public:
  // In float, or with weights alone rounded. Throws what plan_weights, fake_quantize and Trainer throw.
  Training(const Model& model, const TrainingTarget& target);
  // Rounded, from the ranges of a plan's activations; in float, of an empty plan.
  Training(const Model& model, const TrainingTarget& target, QuantizationPlan plan, Ranges ranges);
  // The same from what a quantized model of the same network has come to: the first network that is converted is that
  // one, where it is of the target's bits. Throws what take_over throws.
  static std::unique_ptr<Training> begin(const Model& model, const TrainingTarget& target,
                                         const Model& quantized);
  // Goes on with what was saved of the same model and target. Throws Error(invalid_input) for another's.
  static std::unique_ptr<Training> resume(const Model& model, const TrainingTarget& target,
                                          const SavedTraining& saved);

  // May be called between any two steps, and has to be before the first. Throws what find_layer throws.
  void configure(const TrainingSetup& setup);

  // One step on a batch. `position`: of the step in the schedule, from 0, which says the rate factor. Without targets
  // what the float network makes of the batch is the target: its teacher, as it is of layers. Throws what Trainer::step
  // throws.
  TrainingStep step(std::span<const Feed> feeds, const TensorView* targets, int64_t position,
                    StepOptions options = {});
  std::vector<Tensor> gradients(std::span<const Feed> feeds, const TensorView* targets);
  TrainingMemory memory(std::span<const Feed> feeds, const TensorView* targets);

  // With the parameters as they are now: of a rounded network its quantized form, else a float network.
  std::unique_ptr<Model> converted() const;
  // The float network with the parameters as they are now.
  std::unique_ptr<Model> network() const;

  const Trainer& trainer() const { return trainer_; }
  std::string save(std::string note) const;

 private:
  // A batch, with what the teacher says to it.
  struct Lesson {
    std::vector<Feed> feeds;
    TensorView targets;
  };
  Lesson lesson_of(std::span<const Feed> feeds, const TensorView* targets);

  std::unique_ptr<Model> teacher_;  // the network as it was, whose outputs are followed by layers of the loss
  std::vector<std::string> layer_targets_;
  bool is_rounded_;
  Ranges ranges_;
  std::string from_;  // the file of the quantized model that it began with; empty: none
  TrainingSetup setup_;
  Trainer trainer_;
};

// Watches a float model run on samples, from which the ranges of its activations begin. Does not need the model any
// more.
class TrainingCalibration {
 public:
  // `target` is rounded. Throws what plan_static throws.
  TrainingCalibration(const Model& model, TrainingTarget target);

  void observe(std::span<const Feed> feeds) { calibration_->observe(feeds); }
  // Throws Error(invalid_data) without any sample.
  std::unique_ptr<Training> finish();

 private:
  std::unique_ptr<Model> model_;
  TrainingTarget target_;
  std::unique_ptr<Calibration> calibration_;
};

}  // namespace octavo
