// Comparison of two models' tensors.
#include <vector>

#include "errors.h"
#include "facet.h"
#include "tensors.h"

namespace octavo::bindings {

namespace {

using emscripten::val;

class JsLayerComparer {
 public:
  explicit JsLayerComparer(std::unique_ptr<LayerComparer> comparer) : comparer_(std::move(comparer)) {}
  val compare(const val& tensors) {
    return guarded([&] { return to_js(comparer_->compare(Feeds(tensors).feeds)); });
  }

 private:
  std::unique_ptr<LayerComparer> comparer_;
};

std::unique_ptr<JsLayerComparer> compare_layers(const JsModel& js, const JsModel& quantized) {
  return guarded(
      [&] { return std::make_unique<JsLayerComparer>(js.model().compare_layers(quantized.model())); });
}

std::vector<float> floats_from_js(const val& array) {
  std::vector<float> floats(array["length"].as<std::size_t>());
  val(emscripten::typed_memory_view(floats.size(), floats.data())).call<void>("set", array);
  return floats;
}

val compare_arrays(const val& reference, const val& other) {
  return guarded([&] { return to_js(compare_tensors(floats_from_js(reference), floats_from_js(other))); });
}

const Facet facet([](ModelClass& model) {
  model.function("compareLayers", &compare_layers);
  emscripten::class_<JsLayerComparer>("LayerComparer").function("compare", &JsLayerComparer::compare);
  emscripten::function("compareTensors", &compare_arrays);
});

}  // namespace

}  // namespace octavo::bindings
