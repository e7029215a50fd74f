// The module's dozen calls. Coarse on purpose: a call costs a microsecond, an operator may cost less.
#include <emscripten/bind.h>
#include <emscripten/heap.h>

#include <cstdlib>

#include "describe.h"
#include "errors.h"
#include "options.h"
#include "tensors.h"
#ifdef OCTAVO_THREADS  // the module is linked for memory that threads share
#include "threads.h"
#endif

namespace octavo::bindings {

using emscripten::val;

namespace {

// Memory for a download to be written into; Engine.load takes it over.
double allocate(double bytes) {
  return guarded([&] {
    void* memory = std::malloc(static_cast<std::size_t>(bytes));
    require(memory != nullptr, ErrorCode::out_of_memory, "cannot allocate ", static_cast<int64_t>(bytes),
            " bytes");
    return static_cast<double>(reinterpret_cast<uintptr_t>(memory));
  });
}

void* pointer(double address) { return reinterpret_cast<void*>(static_cast<uintptr_t>(address)); }

void release(double address) { std::free(pointer(address)); }

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
  val compare_layers(const JsModel& quantized, const val& tensors) {
    return guarded([&] { return to_js(model_->compare_layers(*quantized.model_, Feeds(tensors).feeds)); });
  }
  val to_onnx() {
    return guarded([&] {
      const std::string file = model_->to_onnx();
      return copy_to_js(DType::u8, file.data(), file.size());
    });
  }

 private:
  std::unique_ptr<Model> model_;
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
  val info() { return to_js(info_, emscripten_get_heap_size()); }
  std::unique_ptr<JsModel> load(double address, double size) {
    FileMemory file(pointer(address), static_cast<std::size_t>(size));
    return guarded([&] { return std::make_unique<JsModel>(Model::load(std::move(file), kernels_)); });
  }

 private:
  KernelPolicy kernels_;
  EngineInfo info_;
#ifdef OCTAVO_THREADS
  EngineThreads threads_;
#endif
};

std::unique_ptr<JsEngine> make_engine(const val& options) {
  return guarded([&] { return std::make_unique<JsEngine>(kernel_policy(options)); });
}

std::vector<float> floats_from_js(const val& array) {
  std::vector<float> floats(array["length"].as<std::size_t>());
  val(emscripten::typed_memory_view(floats.size(), floats.data())).call<void>("set", array);
  return floats;
}

val compare_arrays(const val& reference, const val& other) {
  return guarded([&] { return to_js(compare_tensors(floats_from_js(reference), floats_from_js(other))); });
}

}  // namespace

EMSCRIPTEN_BINDINGS(octavo) {
  emscripten::function("allocate", &allocate);
  emscripten::function("release", &release);
  emscripten::function("compareTensors", &compare_arrays);
  emscripten::class_<JsEngine>("Engine")
      .constructor(&make_engine)
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
      .function("toOnnx", &JsModel::to_onnx);
  emscripten::class_<JsCalibration>("Calibration")
      .function("observe", &JsCalibration::observe)
      .function("finish", &JsCalibration::finish);
}

}  // namespace octavo::bindings
