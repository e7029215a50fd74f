// What a model keeps from run to run: the tensors of Graph::states.
#pragma once

#include <vector>

#include "graph/graph.h"

namespace octavo {

// One tensor a slot, all 0 to begin with. A model may have any number of states: conversations, say, that share its
// weights.
class State {
 public:
  // Throws Error(out_of_memory).
  explicit State(const Graph& graph) {
    for (const StateSlot& slot : graph.states) {
      const Value& value = graph[graph.inputs[slot.input]];
      tensors_.emplace_back(*value.dtype, *value.shape);
    }
    reset();
  }

  // The memory of a slot's tensor: to look at, or to set, between runs.
  const TensorView& operator[](std::size_t slot) const { return tensors_[slot].view(); }
  void reset() {
    for (const Tensor& tensor : tensors_) std::fill_n(tensor.view().data, tensor.bytes(), std::byte{0});
  }

 private:
  std::vector<Tensor> tensors_;
};

}  // namespace octavo
