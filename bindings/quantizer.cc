// Dynamic, static and weight-only quantization, calibration, and what is to be known of a model beforehand.
#include "errors.h"
#include "facet.h"
#include "options.h"
#include "strings.h"
#include "tensors.h"

namespace octavo::bindings {

namespace {

using emscripten::val;

class JsCalibration {
 public:
  explicit JsCalibration(std::unique_ptr<Calibration> calibration) : calibration_(std::move(calibration)) {}
  void observe(const val& tensors) {
    guarded([&] { calibration_->observe(Feeds(tensors).feeds); });
  }
  std::unique_ptr<JsModel> finish() {
    return guarded([&] { return std::make_unique<JsModel>(calibration_->finish()); });
  }
  std::unique_ptr<JsModel> finish_part(const val& subset) {
    return guarded([&] { return std::make_unique<JsModel>(calibration_->finish_part(plan_subset(subset))); });
  }
  val layers() const {
    return guarded([&] { return strings_to_js(calibration_->layers()); });
  }

 private:
  std::unique_ptr<Calibration> calibration_;
};

std::unique_ptr<JsModel> quantize_dynamic(const JsModel& js, const val& options) {
  return guarded(
      [&] { return std::make_unique<JsModel>(js.model().quantize_dynamic(dynamic_options(options))); });
}

std::unique_ptr<JsModel> quantize_weights(const JsModel& js, const val& options) {
  return guarded(
      [&] { return std::make_unique<JsModel>(js.model().quantize_weights(weights_options(options))); });
}

std::unique_ptr<JsCalibration> calibrate_weights(const JsModel& js, const val& options) {
  return guarded(
      [&] { return std::make_unique<JsCalibration>(js.model().calibrate(weights_options(options))); });
}

std::unique_ptr<JsCalibration> calibrate(const JsModel& js, const val& options) {
  return guarded(
      [&] { return std::make_unique<JsCalibration>(js.model().calibrate(static_options(options))); });
}

val layers(const JsModel& js) {
  return guarded([&] { return to_js(js.model().layers(), js.model().graph()); });
}

val needed_operators(const JsModel& js) {
  return guarded([&] { return strings_to_js(js.model().needed_operators()); });
}

const Facet facet([](ModelClass& model) {
  model.function("layers", &layers)
      .function("neededOperators", &needed_operators)
      .function("quantizeDynamic", &quantize_dynamic)
      .function("quantizeWeights", &quantize_weights)
      .function("calibrate", &calibrate)
      .function("calibrateWeights", &calibrate_weights);
  emscripten::class_<JsCalibration>("Calibration")
      .function("observe", &JsCalibration::observe)
      .function("finish", &JsCalibration::finish)
      .function("finishPart", &JsCalibration::finish_part)
      .function("layers", &JsCalibration::layers);
});

}  // namespace

}  // namespace octavo::bindings
