// Where in the network the quantized model leaves the float one.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "quant/compare.h"
#include "quant/distribution.h"
#include "runtime/staged.h"

namespace octavo {

// How far a tensor of the quantized model is from the same tensor of the float model.
struct LayerComparison {
  std::string name;  // the value's, in both models
  std::string op;    // the operator that computes it in the float model
  TensorComparison comparison;
  std::optional<Distribution> distribution;  // unless there is NaN
};

// Two models whose every common float tensor is compared: behind a Q → DQ pair, what the integers stand for. Both are
// compiled once, and run side by side, so that a layer is kept only until it has been compared.
class LayerComparer {
 public:
  LayerComparer(const Graph& reference, const Graph& quantized, const KernelPolicy& kernels);

  // Runs both on the same feeds. In the order of the float model. Throws what StagedExecutor::run throws.
  std::vector<LayerComparison> compare(std::span<const Feed> feeds);

 private:
  struct Layer {
    std::string name, op;
    ValueId in_reference, in_quantized;
  };
  static std::vector<Layer> common_layers(const Graph& reference, const Graph& quantized);
  StagedExecutor inspected(Graph graph, ValueId Layer::* value, const KernelPolicy& kernels) const;

  std::vector<Layer> layers_;
  StagedExecutor reference_, quantized_;
};

}  // namespace octavo
