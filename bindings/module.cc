// The module: an engine that loads and runs. What else it can do is in facets. A dozen calls, coarse on purpose: a call
// costs a microsecond, an operator may cost less.
#include <emscripten/bind.h>
#include <emscripten/heap.h>

#include <limits>
#include <utility>
#include <vector>

#include "describe.h"
#include "download.h"
#include "errors.h"
#include "facet.h"
#include "options.h"
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
  std::vector<onnx::ExternalFile> take_externals() { return std::move(externals_); }
  // Another download becomes a file that this model keeps elements in, by the name that the model calls it.
  void add_external(JsDownload& file, const val& location) {
    guarded([&] {
      FileMemory memory = file.take();
      externals_.push_back({string_from_js(location, "a location"), std::move(memory)});
    });
  }
  // The files that the downloaded model keeps elements in.
  val external_locations() {
    return guarded([&] { return strings_to_js(onnx::external_locations(download_.bytes())); });
  }

 private:
  Download download_;
  std::vector<onnx::ExternalFile> externals_;
};

std::unique_ptr<JsDownload> begin_download() {
  return guarded([] { return std::make_unique<JsDownload>(); });
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
  std::unique_ptr<JsModel> load(JsDownload& download, const val& initializers) {
    return guarded([&] {
      FileMemory file = download.take();
      const Feeds given(initializers);
      std::vector<onnx::NamedTensor> tensors;
      for (const Feed& feed : given.feeds) tensors.push_back({feed.name, feed.tensor});
      return std::make_unique<JsModel>(
          Model::load(std::move(file), kernels_, download.take_externals(), tensors));
    });
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

val operators() {
  return guarded([] { return to_js(supported_operators()); });
}

}  // namespace

EMSCRIPTEN_BINDINGS(octavo) {
  emscripten::function("takeError", &take_error);
  emscripten::function("beginDownload", &begin_download);
  emscripten::function("makeEngine", &make_engine);
  emscripten::function("supportedOperators", &operators);
  emscripten::class_<JsDownload>("Download")
      .function("reserve", &JsDownload::reserve)
      .function("append", &JsDownload::append)
      .function("externalLocations", &JsDownload::external_locations)
      .function("addExternal", &JsDownload::add_external);
  emscripten::class_<JsEngine>("Engine")
#ifdef OCTAVO_THREADS
      .function("startThreads", &JsEngine::start_threads)
#endif
      .function("info", &JsEngine::info)
      .function("load", &JsEngine::load);
  emscripten::class_<KeptTensor>("KeptTensor").function("place", &KeptTensor::place);
  ModelClass model("Model");
  model.function("describe", &JsModel::describe)
      .function("setMetadata", &JsModel::set_metadata)
      .function("bind", &JsModel::bind)
      .function("execute", &JsModel::execute)
      .function("keep", &JsModel::keep)
      .function("profile", &JsModel::profile);
  Facet::add_all(model);
}

}  // namespace octavo::bindings
