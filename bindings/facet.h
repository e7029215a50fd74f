// What a module can do beside loading and running, a file each: one that is not linked (OCTAVO_FACETS of
// bindings.cmake) takes all that only it calls out of the download.
#pragma once

#include <emscripten/bind.h>

#include "js_model.h"

namespace octavo::bindings {

using ModelClass = emscripten::class_<JsModel>;

// A link of a list that is complete before Embind asks for the bindings.
class Facet {
 public:
  // `add` gives the model class its methods, and registers classes of its own.
  explicit Facet(void (*add)(ModelClass& model)) : add_(add), next_(first_) { first_ = this; }
  Facet(const Facet&) = delete;

  static void add_all(ModelClass& model) {
    for (const Facet* facet = first_; facet != nullptr; facet = facet->next_) facet->add_(model);
  }

 private:
  void (*add_)(ModelClass&);
  const Facet* next_;
  inline static const Facet* first_ = nullptr;
};

}  // namespace octavo::bindings
