// Tensors between JavaScript's typed arrays and the heap. Data is always copied: a view of the heap would die with the
// next growth of the memory. Of what is run again and again JavaScript copies it by itself, to and from where it lies.
#pragma once

#include <emscripten/val.h>

#include <string>
#include <vector>

#include "engine/engine.h"

namespace octavo::bindings {

// An array of { name, type, dims, data }, copied into the heap.
struct Feeds {
  explicit Feeds(const emscripten::val& tensors);

  std::vector<std::string> names;
  std::vector<Tensor> tensors;
  std::vector<Feed> feeds;
};

// Where the tensors of a session lie: { inputs, outputs, reusable }, arrays of { name, type, dims, pointer, bytes }.
// Inputs are in the order of `feeds`.
emscripten::val to_js(const Session& session, const Feeds& feeds, const Graph& graph, bool reusable);
// The same of feeds that no session has, without outputs.
emscripten::val to_js(const Feeds& feeds);
// Where a tensor lies: { name, type, dims, pointer, bytes }.
emscripten::val place(const std::string& name, const TensorView& tensor);
// Where results lie, as above, but for those that become states.
emscripten::val outputs_to_js(const std::vector<TensorView>& views, const Graph& graph);

// The number[] of dimensions; dynamic ones are their name, or "?".
emscripten::val dims_to_js(const Shape& shape, const std::vector<std::string>& names);

}  // namespace octavo::bindings
