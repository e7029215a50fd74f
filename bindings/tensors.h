// Tensors between JavaScript's typed arrays and the heap. Data is always copied: a view of the heap would die with the
// next growth of the memory. Of what is run again and again JavaScript copies it by itself, to and from where it lies.
#pragma once

#include <emscripten/val.h>

#include <algorithm>
#include <string>
#include <vector>

#include "engine/engine.h"

namespace octavo::bindings {

// A tensor that stays in the heap as long as JavaScript holds on to it: to be fed, and to be read.
class KeptTensor {
 public:
  explicit KeptTensor(Tensor tensor) : tensor_(std::move(tensor)) {}

  const TensorView& view() const { return tensor_.view(); }
  // Where it lies.
  emscripten::val place() const;

 private:
  Tensor tensor_;
};

// An array of { name, type, dims, data }, copied into the heap, or { name, tensor } of a KeptTensor, which is lent.
struct Feeds {
  explicit Feeds(const emscripten::val& tensors);

  // Then JavaScript must not write to where they are read.
  bool any_lent() const { return std::ranges::any_of(feeds, &Feed::is_lent); }

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
