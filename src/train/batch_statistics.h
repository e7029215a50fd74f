// BatchNormalization in training: by the mean and the variance of the batch, which running ones follow (Ioffe and
// Szegedy 2015). Of a channel with n numbers x, as PyTorch has it:
//
//   mean = Σ x / n,  variance = Σ (x - mean)² / n
//   running_mean ← μ · running_mean + (1 - μ) · mean
//   running_variance ← μ · running_variance + (1 - μ) · variance · n / (n - 1)
//
// where μ is the node's momentum (0.9, which is PyTorch's 0.1).
#pragma once

#include <vector>

#include "graph/graph.h"

namespace octavo {

// A scalar that each step is fed: 1, or 0 for running statistics that are used and stay.
inline constexpr const char* kBatchShare = "octavo.batch_share";

bool normalizes(const Node& node);

// The running means and variances: constants that one node reads.
std::vector<ValueId> running_statistics(const Graph& graph);

// Has each node whose running statistics are inputs normalize by `share` of the batch's and the rest of those, which
// become states. Appends to `detached` values through which no gradient flows. Shapes are static. Throws
// Error(invalid_data), naming the node, for a batch of one number a channel.
void use_batch_statistics(Graph& graph, ValueId share, std::vector<ValueId>& detached);

}  // namespace octavo
