// Reports as JavaScript objects; web/package/src/native.ts declares their fields.
#pragma once

#include <emscripten/val.h>

#include "engine/engine.h"

namespace octavo::bindings {

emscripten::val to_js(const EngineInfo& info, std::size_t heap_bytes);
emscripten::val to_js(const std::vector<OperatorInfo>& operators);
emscripten::val to_js(const Description& description, const Graph& graph,
                      const std::vector<Value>& overridable);
emscripten::val to_js(const std::vector<LayerInfo>& layers, const Graph& graph);
emscripten::val to_js(const TensorComparison& comparison);
emscripten::val to_js(const std::vector<LayerComparison>& layers);
emscripten::val to_js(const std::vector<StepTime>& steps);

}  // namespace octavo::bindings
