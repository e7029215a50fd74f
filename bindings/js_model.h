// A model as JavaScript holds it.
#pragma once

#include <emscripten/val.h>

#include <memory>
#include <string>
#include <utility>

#include "describe.h"
#include "engine/engine.h"
#include "errors.h"
#include "strings.h"
#include "tensors.h"

namespace octavo::bindings {

class JsModel {
 public:
  explicit JsModel(std::unique_ptr<Model> model) : model_(std::move(model)) {}

  Model& model() { return *model_; }
  const Model& model() const { return *model_; }

  emscripten::val describe() {
    return guarded([&] { return to_js(model_->describe(), model_->graph()); });
  }
  void set_metadata(const emscripten::val& key, const emscripten::val& value) {
    guarded([&] { model_->set_metadata(string_from_js(key, "a key"), string_from_js(value, "a value")); });
  }
  // Where JavaScript writes inputs and reads outputs of execute(), until it binds again.
  emscripten::val bind(const emscripten::val& tensors) {
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
  emscripten::val profile(const emscripten::val& tensors, int repeats) {
    return guarded([&] { return to_js(model_->profile(Feeds(tensors).feeds, repeats)); });
  }

  std::string onnx;  // the file, from toOnnx to releaseOnnx

 private:
  std::unique_ptr<Model> model_;
  std::shared_ptr<Session> session_;  // the bound one
};

}  // namespace octavo::bindings
