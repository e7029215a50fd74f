// Models as ONNX files.
#include "errors.h"
#include "facet.h"
#include "objects.h"
#include "options.h"

namespace octavo::bindings {

namespace {

using emscripten::val;

// Where the file lies until release_onnx(): JavaScript copies it.
val to_onnx(JsModel& js, const val& options) {
  return guarded([&] {
    js.onnx = js.model().to_onnx(file_form(options));
    return place(js.onnx);
  });
}

void release_onnx(JsModel& js) { js.onnx = std::string(); }

const Facet facet([](ModelClass& model) {
  model.function("toOnnx", &to_onnx).function("releaseOnnx", &release_onnx);
});

}  // namespace

}  // namespace octavo::bindings
