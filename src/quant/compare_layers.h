// Where in the network the quantized model leaves the float one.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "quant/compare.h"
#include "runtime/executor.h"

namespace octavo {

// How far a tensor of the quantized model is from the same tensor of the float model.
struct LayerComparison {
  std::string name;  // the value's, in both models
  std::string op;    // the operator that computes it in the float model
  TensorComparison comparison;
};

// Runs both models on the same feeds and compares, in the order of the float model, every float tensor that both have:
// behind a Q → DQ pair, what the integers stand for. Keeps all of these tensors of both models in memory at once.
std::vector<LayerComparison> compare_layers(const Graph& reference, const Graph& quantized,
                                            const KernelPolicy& kernels, std::span<const Feed> feeds);

}  // namespace octavo
