// Training, in modules of engine-train alone.
#include "train/learned_rounding.h"
#include "train/training.h"

#include <bit>

#include "download.h"
#include "errors.h"
#include "facet.h"
#include "objects.h"
#include "option_reader.h"
#include "options.h"
#include "tensors.h"

namespace octavo::bindings {

namespace {

using emscripten::val;

TrainingTarget training_target(const Model& model, const val& source, bool is_rounded) {
  const OptionReader reader(source);
  TrainingTarget target{.parameters = reader.read_strings("parameters"),
                        .batch_statistics = reader.read_bool("batchStatistics", false)};
  if (const val bytes = source["file"]; target.batch_statistics && !bytes.isUndefined()) {
    Download file;
    file.append(bytes);
    target.unfolded = read_unfolded(file.take(), model.kernels());
  }
  if (!is_rounded) return target;
  TrainingTarget::Rounded& rounded = target.rounded.emplace();
  if (reader.read_choice("activations", {{"float", 1}}, 0) != 0)
    rounded.quantization = weights_options(source);
  else
    rounded.quantization = static_options(source);
  rounded.scales =
      reader.read_choice("scales", {{"observed", ScaleSource::observed}, {"learned", ScaleSource::learned}},
                         ScaleSource::observed);
  return target;
}

TrainingSetup training_setup(const val& source) {
  const OptionReader reader(source);
  TrainingSetup setup;
  LossOptions& loss = setup.loss;
  loss.kind = reader.read_choice("loss",
                                 {{"crossEntropy", LossKind::cross_entropy},
                                  {"binaryCrossEntropy", LossKind::binary_cross_entropy},
                                  {"meanSquaredError", LossKind::mean_squared_error},
                                  {"huber", LossKind::huber},
                                  {"distillation", LossKind::distillation}},
                                 loss.kind);
  loss.label_smoothing = reader.read_number("labelSmoothing", loss.label_smoothing);
  loss.temperature = reader.read_number("temperature", loss.temperature);
  loss.delta = reader.read_number("delta", loss.delta);
  loss.output_weight = reader.read_number("outputWeight", loss.output_weight);
  loss.layers = reader.read_strings("layers");
  loss.layer_weight = reader.read_number("layerWeight", loss.layer_weight);
  OptimizerOptions& optimizer = setup.optimizer;
  optimizer.kind = reader.read_choice(
      "optimizer",
      {{"sgd", OptimizerKind::sgd}, {"adam", OptimizerKind::adam}, {"adamw", OptimizerKind::adamw}},
      optimizer.kind);
  optimizer.learning_rate = reader.read_number("learningRate", optimizer.learning_rate);
  optimizer.momentum = reader.read_number("momentum", optimizer.momentum);
  optimizer.nesterov = reader.read_bool("nesterov", optimizer.nesterov);
  optimizer.beta1 = reader.read_number("beta1", optimizer.beta1);
  optimizer.beta2 = reader.read_number("beta2", optimizer.beta2);
  optimizer.epsilon = reader.read_number("epsilon", optimizer.epsilon);
  optimizer.weight_decay = reader.read_number("weightDecay", optimizer.weight_decay);
  optimizer.decays_vectors = reader.read_bool("decayVectors", optimizer.decays_vectors);
  optimizer.scale_rate = reader.read_number("scaleRate", optimizer.scale_rate);
  optimizer.clip_norm = reader.read_number("clipNorm", optimizer.clip_norm);
  Schedule& schedule = setup.schedule;
  schedule.kind = reader.read_choice(
      "schedule",
      {{"constant", ScheduleKind::constant}, {"step", ScheduleKind::step}, {"cosine", ScheduleKind::cosine}},
      schedule.kind);
  schedule.steps = reader.read_integer("steps", 0);
  schedule.warmup = reader.read_integer("warmup", 0);
  schedule.step_size = reader.read_integer("stepSize", 1);
  schedule.gamma = reader.read_number("gamma", schedule.gamma);
  return setup;
}

// A batch: what is fed and, unless the float network is the teacher, the targets of the loss.
struct Batch {
  Batch(const val& feeds, const val& targets) : feeds(feeds), targets(targets) {}
  const TensorView* target() const { return targets.feeds.empty() ? nullptr : &targets.feeds[0].tensor; }

  Feeds feeds, targets;
};

class JsTrainer {
 public:
  explicit JsTrainer(std::unique_ptr<Training> training) : training_(std::move(training)) {}

  val parameters() {
    return guarded([&] { return strings_to_js(training_->trainer().parameters()); });
  }
  void configure(const val& options) {
    guarded([&] { training_->configure(training_setup(options)); });
  }
  val step(const val& feeds, const val& targets, double position, bool freezes_observers,
           bool freezes_statistics) {
    return guarded([&] {
      const Batch batch(feeds, targets);
      const TrainingStep done =
          training_->step(batch.feeds.feeds, batch.target(), static_cast<int64_t>(position),
                          {.freezes_observers = freezes_observers, .freezes_statistics = freezes_statistics});
      val step = val::object();
      set(step, "loss", done.loss);
      set(step, "learningRate", done.learning_rate);
      return step;
    });
  }
  // Where gradients lie until release(), in the order of the parameters.
  val gradients(const val& feeds, const val& targets) {
    return guarded([&] {
      const Batch batch(feeds, targets);
      gradients_ = training_->gradients(batch.feeds.feeds, batch.target());
      return places([&](std::size_t i) { return gradients_[i].view(); });
    });
  }
  // Where the parameters lie until the next call.
  val weights() {
    return guarded([&] { return places([&](std::size_t i) { return training_->trainer().parameter(i); }); });
  }
  // Of what is rounded: { name, scale: Float32Array, zeroPoint, bits, axis }, -1 for one scale.
  val scales() {
    return guarded([&] {
      val list = val::array();
      const QuantizationPlan plan = training_->trainer().plan();
      const auto add = [&](ValueId of, const QParams& qparams) {
        if (qparams.scale.empty()) return;
        val made = val::object();
        set(made, "name", plan.graph[of].name);
        const val scale(emscripten::typed_memory_view(qparams.scale.size(), qparams.scale.data()));
        set(made, "scale", scale.call<val>("slice"));
        set(made, "zeroPoint", qparams.zero_point[0]);
        set(made, "bits", std::bit_width(static_cast<uint32_t>(qparams.qmax - qparams.qmin)));
        set(made, "axis", qparams.axis);
        list.call<void>("push", made);
      };
      for (const auto& [id, spec] : plan.values) add(id, spec.given);
      for (const auto& [operand, spec] : plan.operands)
        add(plan.graph.nodes[operand.node].inputs[operand.input], spec.given);
      return list;
    });
  }
  val memory(const val& feeds, const val& targets) {
    return guarded([&] {
      const Batch batch(feeds, targets);
      const TrainingMemory bytes = training_->memory(batch.feeds.feeds, batch.target());
      val memory = val::object();
      set(memory, "state", static_cast<double>(bytes.state));
      set(memory, "activations", static_cast<double>(bytes.activations));
      return memory;
    });
  }
  std::unique_ptr<JsModel> converted() {
    return guarded([&] { return std::make_unique<JsModel>(training_->converted()); });
  }
  // Where the file lies until release().
  val save(const val& note) {
    return guarded([&] {
      saved_ = training_->save(string_from_js(note, "a note"));
      return place(saved_);
    });
  }
  void release() {
    gradients_.clear();
    saved_ = std::string();
  }

 private:
  // Of each parameter, in their order.
  template <class View> val places(View view) {
    val list = val::array();
    const std::vector<std::string> names = training_->trainer().parameters();
    for (std::size_t i = 0; i < names.size(); ++i) list.call<void>("push", place(names[i], view(i)));
    return list;
  }

  std::unique_ptr<Training> training_;
  std::vector<Tensor> gradients_;
  std::string saved_;
};

class JsTrainingCalibration {
 public:
  explicit JsTrainingCalibration(std::unique_ptr<TrainingCalibration> calibration)
      : calibration_(std::move(calibration)) {}
  void observe(const val& tensors) {
    guarded([&] { calibration_->observe(Feeds(tensors).feeds); });
  }
  std::unique_ptr<JsTrainer> finish() {
    return guarded([&] { return std::make_unique<JsTrainer>(calibration_->finish()); });
  }

 private:
  std::unique_ptr<TrainingCalibration> calibration_;
};

class JsLearnedRounding {
 public:
  explicit JsLearnedRounding(std::unique_ptr<LearnedRounding> rounding) : rounding_(std::move(rounding)) {}
  void observe(const val& tensors) {
    guarded([&] { rounding_->observe(Feeds(tensors).feeds); });
  }
  unsigned prepare() {
    return guarded([&] { return static_cast<unsigned>(rounding_->prepare()); });
  }
  void round(unsigned layer) {
    guarded([&] { rounding_->round(layer); });
  }
  std::unique_ptr<JsModel> finish() {
    return guarded([&] { return std::make_unique<JsModel>(rounding_->finish()); });
  }

 private:
  std::unique_ptr<LearnedRounding> rounding_;
};

class JsSavedTraining {
 public:
  explicit JsSavedTraining(FileMemory file) : saved_(std::move(file)) {}
  val note() {
    return guarded([&] { return string_to_js(saved_.note()); });
  }
  std::unique_ptr<JsTrainer> resume(const JsModel& js, const val& options, bool is_rounded) {
    return guarded([&] {
      return std::make_unique<JsTrainer>(
          Training::resume(js.model(), training_target(js.model(), options, is_rounded), saved_));
    });
  }

 private:
  SavedTraining saved_;
};

std::unique_ptr<JsTrainingCalibration> calibrate_training(const JsModel& js, const val& options) {
  return guarded([&] {
    return std::make_unique<JsTrainingCalibration>(
        std::make_unique<TrainingCalibration>(js.model(), training_target(js.model(), options, true)));
  });
}

std::unique_ptr<JsLearnedRounding> learn_rounding(const JsModel& js, const val& options) {
  return guarded([&] {
    return std::make_unique<JsLearnedRounding>(
        std::make_unique<LearnedRounding>(js.model(), static_options(options)));
  });
}

std::unique_ptr<JsTrainer> prepare_qat_from(const JsModel& js, const JsModel& quantized, const val& options) {
  return guarded([&] {
    return std::make_unique<JsTrainer>(
        Training::begin(js.model(), training_target(js.model(), options, true), quantized.model()));
  });
}

std::unique_ptr<JsTrainer> prepare_training(const JsModel& js, const val& options, bool is_rounded) {
  return guarded([&] {
    return std::make_unique<JsTrainer>(
        std::make_unique<Training>(js.model(), training_target(js.model(), options, is_rounded)));
  });
}

std::unique_ptr<JsSavedTraining> read_training(const val& bytes) {
  return guarded([&] {
    Download file;
    file.append(bytes);
    return std::make_unique<JsSavedTraining>(file.take());
  });
}

const Facet facet([](ModelClass& model) {
  model.function("calibrateTraining", &calibrate_training)
      .function("learnRounding", &learn_rounding)
      .function("prepareQatFrom", &prepare_qat_from)
      .function("prepareTraining", &prepare_training);
  emscripten::function("readTraining", &read_training);
  emscripten::class_<JsTrainingCalibration>("TrainingCalibration")
      .function("observe", &JsTrainingCalibration::observe)
      .function("finish", &JsTrainingCalibration::finish);
  emscripten::class_<JsLearnedRounding>("LearnedRounding")
      .function("observe", &JsLearnedRounding::observe)
      .function("prepare", &JsLearnedRounding::prepare)
      .function("round", &JsLearnedRounding::round)
      .function("finish", &JsLearnedRounding::finish);
  emscripten::class_<JsSavedTraining>("SavedTraining")
      .function("note", &JsSavedTraining::note)
      .function("resume", &JsSavedTraining::resume);
  emscripten::class_<JsTrainer>("Trainer")
      .function("parameters", &JsTrainer::parameters)
      .function("configure", &JsTrainer::configure)
      .function("step", &JsTrainer::step)
      .function("gradients", &JsTrainer::gradients)
      .function("weights", &JsTrainer::weights)
      .function("scales", &JsTrainer::scales)
      .function("memory", &JsTrainer::memory)
      .function("converted", &JsTrainer::converted)
      .function("save", &JsTrainer::save)
      .function("release", &JsTrainer::release);
});

}  // namespace

}  // namespace octavo::bindings
