// How the values of a decoder depend on the length of the past that is fed: the same graph at three lengths.
#pragma once

#include <limits>
#include <span>
#include <vector>

#include "base/kernel_policy.h"
#include "graph/op_def.h"

namespace octavo {

// All that follows from the shapes of inputs: types of all values, and the contents of those that shapes decide.
struct Known {
  std::vector<Operand> values;
  std::vector<ConstantTensor> tensors;

  Known() = default;
  Known(const Graph& graph, std::span<const Shape> inputs, const KernelPolicy& kernels);
};

// A past and what it becomes, by position among inputs and outputs.
struct Cache {
  std::size_t input, output;
  int axis;
};

// How a value depends on the length.
struct Growth {
  static constexpr int64_t kMixed = std::numeric_limits<int64_t>::max();

  uint32_t axes = 0;    // bit i: axis i is as long as the past, or as past and new together
  bool is_odd = false;  // its shape depends on the length in another way
  // Shape and contents follow from the shapes of feeds, and contents are a · length and what they are without a past.
  bool is_planned = false;
  bool ends_in_zeros = false;  // of a last axis that grows: what is beyond is 0
  bool is_finite = false;      // what is beyond is as it lay in a slot
  bool is_even = true;         // a is the same for all elements
  uint32_t sloped = 0;         // bit i: for element i, of the first 32, a is not 0
  int64_t slope = 0;           // a of those; kMixed where they differ
};

// The caches of a graph, and how each value depends on the length of what is in them.
class CacheLengths {
 public:
  // Attention is recognised on the way. Throws Error(unsupported) where there is no cache,
  // Error(invalid_option) for a capacity that is too small.
  CacheLengths(Graph& graph, const KernelPolicy& kernels, int64_t capacity, int64_t batch);

  const std::vector<Cache>& caches() const { return caches_; }
  bool is_cache(std::size_t input) const;
  // Whether a value is the input of a cache.
  bool is_cache_of(ValueId past) const;
  // The input that is as long as past and new together, or how many inputs there are.
  std::size_t total_input() const { return total_input_; }
  // How many tokens are new at all of the lengths.
  int64_t added() const { return added_; }
  // Of the inputs, where the past is so long.
  std::vector<Shape> shapes_at(int64_t length) const;
  // A value without a past, and with some.
  const Operand& without_past(ValueId id) const { return known_[0].values[id]; }
  const Operand& with_past(ValueId id) const { return known_[1].values[id]; }
  // All that was looked at.
  std::span<const Known> known() const { return known_; }
  // By value.
  std::vector<Growth>& growth() { return growth_; }
  const std::vector<Growth>& growth() const { return growth_; }

 private:
  void choose_lengths(int64_t added);
  void find_caches();
  void add_cache(ValueId past, ValueId present, int axis);
  void find_feeds();
  void measure();
  void measure(ValueId id);

  Graph& graph_;
  const KernelPolicy& kernels_;
  int64_t capacity_, batch_, added_ = 0;
  int64_t lengths_[3] = {};
  std::vector<Cache> caches_;
  std::size_t total_input_ = ~std::size_t{0};
  Known known_[3];  // by lengths_
  std::vector<Growth> growth_;
};

}  // namespace octavo
