// What scales and shifts channels by constants.
#pragma once

#include <vector>

#include "graph/graph.h"

namespace octavo {

// y = scale * x + shift.
struct Channel {
  double scale = 1, shift = 0;
};

// A function for each channel; none where there is nothing of the kind.
using Affine = std::vector<Channel>;

// The `count` numbers of a constant float32 vector, or of one that is dequantized from a constant; else none.
std::vector<double> numbers_of(const Graph& graph, const Uses& uses, ValueId id, int64_t count);

// BatchNormalization of that many channels; nothing where its parameters are neither constant nor dequantized from
// constants.
Affine read_batch_normalization(const Graph& graph, const Uses& uses, const Node& node, int64_t channels);

}  // namespace octavo
