// What scales and shifts channels by constants.
#pragma once

#include <optional>
#include <vector>

#include "graph/graph.h"

namespace octavo {

// y[c] = scale[c] * x[c] + shift[c] for each channel.
struct Affine {
  std::vector<double> scale, shift;
};

// The `count` numbers of a constant float32 vector, or of one that is dequantized from a constant.
std::optional<std::vector<double>> numbers_of(const Graph& graph, const Uses& uses, ValueId id,
                                              int64_t count);

// BatchNormalization of that many channels; nothing where its parameters are neither constant nor dequantized from
// constants.
std::optional<Affine> read_batch_normalization(const Graph& graph, const Uses& uses, const Node& node,
                                               int64_t channels);

}  // namespace octavo
