// A model as JavaScript holds it.
#pragma once

#include <emscripten/val.h>

#include <memory>
#include <optional>
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
    return guarded(
        [&] { return to_js(model_->describe(), model_->graph(), model_->overridable_initializers()); });
  }
  void set_metadata(const emscripten::val& key, const emscripten::val& value) {
    guarded([&] { model_->set_metadata(string_from_js(key, "a key"), string_from_js(value, "a value")); });
  }
  // Where JavaScript writes inputs and reads outputs of execute(), until it binds again.
  emscripten::val bind(const emscripten::val& tensors) {
    return guarded([&] {
      session_.reset();  // its arena may have to go before a new one comes
      feeds_.emplace(tensors);
      session_ = model_->bind(feeds_->feeds);
      const emscripten::val binding =
          session_ ? to_js(*session_, *feeds_, model_->graph(), !model_->binds_contents()) : to_js(*feeds_);
      if (session_) feeds_.reset();
      return binding;
    });
  }
  // Undefined, or the outputs, where only now it is known where they are and how large.
  emscripten::val execute() {
    return guarded([&] {
      if (!session_) return outputs_to_js(*(outputs_ = &model_->run(feeds_->feeds)), model_->graph());
      session_->run();
      outputs_ = &session_->outputs();
      return emscripten::val::undefined();
    });
  }
  // A copy of output i of the execute() just before.
  std::unique_ptr<KeptTensor> keep(double output) {
    return guarded([&] {
      return std::make_unique<KeptTensor>(Tensor::copy_of((*outputs_)[static_cast<std::size_t>(output)]));
    });
  }
  emscripten::val profile(const emscripten::val& tensors, int repeats) {
    return guarded([&] { return to_js(model_->profile(Feeds(tensors).feeds, repeats)); });
  }

  std::string onnx;  // the file, from toOnnx to releaseOnnx

 private:
  std::unique_ptr<Model> model_;
  std::shared_ptr<Session> session_;  // the bound one
  std::optional<Feeds> feeds_;        // what is bound where there is no session
  const std::vector<TensorView>* outputs_ = nullptr;
};

}  // namespace octavo::bindings
