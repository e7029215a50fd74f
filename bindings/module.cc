// The module's dozen calls. Coarse on purpose: a call costs a microsecond, an operator may cost less.
#include <emscripten/bind.h>
#include <emscripten/heap.h>

#include <limits>

#include "describe.h"
#include "download.h"
#include "errors.h"
#include "options.h"
#include "tensors.h"
#ifdef OCTAVO_THREADS  // the module is linked for memory that threads share
#include "threads.h"
#endif

namespace octavo::bindings {

using emscripten::val;

namespace {

class JsDownload {
 public:
  // A number of bytes that is no whole one, or none at all, is more than there is memory for.
  void reserve(double bytes) {
    guarded([&] {
      const bool whole = bytes >= 0 && bytes < 0x1p53;
      download_.reserve(whole ? static_cast<uint64_t>(bytes) : std::numeric_limits<uint64_t>::max());
    });
  }
  void append(const val& chunk) {
    guarded([&] { download_.append(chunk); });
  }
  FileMemory take() { return download_.take(); }

 private:
  Download download_;
};

std::unique_ptr<JsDownload> begin_download() {
  return guarded([] { return std::make_unique<JsDownload>(); });
}

class JsCalibration {
 public:
  explicit JsCalibration(std::unique_ptr<Calibration> calibration) : calibration_(std::move(calibration)) {}
  void observe(const val& tensors) {
    guarded([&] { calibration_->observe(Feeds(tensors).feeds); });
  }
  std::unique_ptr<class JsModel> finish();

 private:
  std::unique_ptr<Calibration> calibration_;
};

class JsLayerComparer {
 public:
  explicit JsLayerComparer(std::unique_ptr<LayerComparer> comparer) : comparer_(std::move(comparer)) {}
  val compare(const val& tensors) {
    return guarded([&] { return to_js(comparer_->compare(Feeds(tensors).feeds)); });
  }

 private:
  std::unique_ptr<LayerComparer> comparer_;
};

class JsModel {
 public:
  explicit JsModel(std::unique_ptr<Model> model) : model_(std::move(model)) {}

  val describe() {
    return guarded([&] { return to_js(model_->describe()); });
  }
  // Where JavaScript writes inputs and reads outputs of execute(), until it binds again.
  val bind(const val& tensors) {
    return guarded([&] {
      session_.reset();  // its arena may have to go before a new one comes
      const Feeds feeds(tensors);
      session_ = model_->bind(feeds.feeds);
      return to_js(*session_, feeds, model_->graph(), !model_->binds_contents());
    });
  }
  void execute() {
    guarded([&] { session_->run(); });
  }
  val profile(const val& tensors, int repeats) {
    return guarded([&] { return to_js(model_->profile(Feeds(tensors).feeds, repeats)); });
  }
  std::unique_ptr<JsModel> quantize_dynamic(const val& options) {
    return guarded(
        [&] { return std::make_unique<JsModel>(model_->quantize_dynamic(dynamic_options(options))); });
  }
  std::unique_ptr<JsCalibration> calibrate(const val& options) {
    return guarded(
        [&] { return std::make_unique<JsCalibration>(model_->calibrate(static_options(options))); });
  }
  std::unique_ptr<JsLayerComparer> compare_layers(const JsModel& quantized) {
    return guarded(
        [&] { return std::make_unique<JsLayerComparer>(model_->compare_layers(*quantized.model_)); });
  }
  // Where the file lies until release_onnx(): JavaScript copies it.
  val to_onnx() {
    return guarded([&] {
      onnx_ = model_->to_onnx();
      val place = val::object();
      place.set("pointer", static_cast<double>(reinterpret_cast<uintptr_t>(onnx_.data())));
      place.set("bytes", static_cast<double>(onnx_.size()));
      return place;
    });
  }
  void release_onnx() { onnx_ = std::string(); }

 private:
  std::unique_ptr<Model> model_;
  std::string onnx_;
  std::shared_ptr<Session> session_;  // the bound one
};

std::unique_ptr<JsModel> JsCalibration::finish() {
  return guarded([&] { return std::make_unique<JsModel>(calibration_->finish()); });
}

class JsEngine {
 public:
  explicit JsEngine(const KernelPolicy& kernels) : kernels_(kernels), info_(describe_engine(kernels)) {}

#ifdef OCTAVO_THREADS
  // Before the first model is loaded.
  val start_threads(int count, bool caller_may_sleep) {
    return guarded([&] {
      threads_ = EngineThreads(count, caller_may_sleep);
      kernels_.threads = threads_.threads();
      return threads_.starts();
    });
  }
#endif
  val info() {
    return guarded([&] { return to_js(info_, emscripten_get_heap_size()); });
  }
  // Takes the file out of the download in every case, errors included.
  std::unique_ptr<JsModel> load(JsDownload& download) {
    return guarded([&] { return std::make_unique<JsModel>(Model::load(download.take(), kernels_)); });
  }

 private:
  KernelPolicy kernels_;
  EngineInfo info_;
#ifdef OCTAVO_THREADS
  EngineThreads threads_;
#endif
};

std::unique_ptr<JsEngine> make_engine(const val& forced_kernels) {
  return guarded([&] { return std::make_unique<JsEngine>(kernel_policy(forced_kernels)); });
}

std::vector<float> floats_from_js(const val& array) {
  std::vector<float> floats(array["length"].as<std::size_t>());
  val(emscripten::typed_memory_view(floats.size(), floats.data())).call<void>("set", array);
  return floats;
}

val compare_arrays(const val& reference, const val& other) {
  return guarded([&] { return to_js(compare_tensors(floats_from_js(reference), floats_from_js(other))); });
}

val operators() {
  return guarded([] { return to_js(supported_operators()); });
}

}  // namespace

EMSCRIPTEN_BINDINGS(octavo) {
  emscripten::function("takeError", &take_error);
  emscripten::function("beginDownload", &begin_download);
  emscripten::function("makeEngine", &make_engine);
  emscripten::function("compareTensors", &compare_arrays);
  emscripten::function("supportedOperators", &operators);
  emscripten::class_<JsDownload>("Download")
      .function("reserve", &JsDownload::reserve)
      .function("append", &JsDownload::append);
  emscripten::class_<JsEngine>("Engine")
#ifdef OCTAVO_THREADS
      .function("startThreads", &JsEngine::start_threads)
#endif
      .function("info", &JsEngine::info)
      .function("load", &JsEngine::load);
  emscripten::class_<JsModel>("Model")
      .function("describe", &JsModel::describe)
      .function("bind", &JsModel::bind)
      .function("execute", &JsModel::execute)
      .function("profile", &JsModel::profile)
      .function("quantizeDynamic", &JsModel::quantize_dynamic)
      .function("calibrate", &JsModel::calibrate)
      .function("compareLayers", &JsModel::compare_layers)
      .function("toOnnx", &JsModel::to_onnx)
      .function("releaseOnnx", &JsModel::release_onnx);
  emscripten::class_<JsCalibration>("Calibration")
      .function("observe", &JsCalibration::observe)
      .function("finish", &JsCalibration::finish);
  emscripten::class_<JsLayerComparer>("LayerComparer").function("compare", &JsLayerComparer::compare);
}

}  // namespace octavo::bindings
