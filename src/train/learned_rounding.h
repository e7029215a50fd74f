// Rounding of weights that is learned, layer by layer, on calibration data: AdaRound (Nagel et al. 2020, arXiv
// 2004.10568).
//
//   LearnedRounding rounding(model, options);      rounding.observe(feeds); …
//   const std::size_t layers = rounding.prepare();
//   for (std::size_t i = 0; i < layers; ++i) rounding.round(i);
//   std::unique_ptr<Model> quantized = rounding.finish();
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/engine.h"

namespace octavo {

struct RoundingOptions {
  int64_t steps = 400;  // of Adam, for each layer; 0: all weights are rounded to the nearest
  double learning_rate = 0.03;
  double decisiveness =
      30;  // λ below, > 0: how much it counts that each weight decides whether it goes up or down
};

// Quantizes as static quantization does, with the same scales, but for the integers of weights. Of a layer, which is a
// product with what belongs to it, the sum of its bias and its clamp, they are q = clamp(floor(W / s) + h), h of 0 or 1:
//
//   minimise over v:  mean (y - ŷ)² + λ · e / n · Σ (1 - |2·h - 1|^β),   h = clamp(1.2 · sigmoid(v) - 0.1, 0, 1)
//
// y is what the layer gives in the float network, ŷ what it gives of the input that the quantized network has for it,
// whose layers before are rounded already. The paper sums the squared error over channels and has λ = 0.01; here e,
// the mean of (y - ŷ)² with all n weights rounded to the nearest, is its unit, so that λ has none. v begins where
// h = W / s - floor(W / s); β falls from 20 to 2 as half a cosine, and the first fifth of the steps does without its
// term. Each step takes a sample, in turn, with as many rows as it was given with.
//
// A layer that this makes no better on the samples stays rounded to the nearest. LSTM, GRU and RNN, and tables of
// embeddings do, too. Biases are not corrected: means are a part of what is learned.
class LearnedRounding {
 public:
  // Throws Error(invalid_option) for equalization and SmoothQuant, and for RoundingOptions out of range; what
  // Model::calibrate throws.
  LearnedRounding(const Model& model, StaticOptions options, const RoundingOptions& rounding = {});

  // Keeps a copy of the sample. Throws what Calibration::observe throws.
  void observe(std::span<const Feed> feeds);
  // Ends the calibration. How many layers there are to be rounded, in the order of the network. Throws
  // Error(invalid_data) without any sample.
  std::size_t prepare();
  // Once each, in order. Keeps input and output of that layer for all samples meanwhile. Gives the mean of (y - ŷ)²
  // with weights rounded to the nearest, and with those that were chosen; `losses`, if any, gets it before each step.
  // Throws Error(unsupported), naming the node, where it has no gradient.
  RoundingErrors round(std::size_t layer, std::vector<double>* losses = nullptr);
  std::unique_ptr<Model> finish();

 private:
  // Indices of nodes in both graphs: the product, and the last that belongs to it.
  struct Layer {
    uint32_t product, last;                      // of the float network
    uint32_t quantized_product, quantized_last;  // of the quantized one
    uint32_t input, dequantize;                  // of the product, the weight; who dequantizes it
  };
  // Of a node of the float network; nothing where its rounding is not learned.
  std::optional<Layer> layer_of(uint32_t product, const Uses& uses, const Uses& quantized_uses) const;
  std::vector<Tensor> values(const Graph& graph, ValueId value) const;

  std::unique_ptr<Model> model_;
  RoundingOptions options_;
  std::unique_ptr<Calibration> calibration_;
  struct Sample {
    std::vector<std::string> names;
    std::vector<Tensor> tensors;
  };
  std::vector<Sample> samples_;
  Graph quantized_;
  std::vector<Layer> layers_;
};

}  // namespace octavo
