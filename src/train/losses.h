// Losses, made of ordinary operators, so that gradients go through them as through anything else.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.h"

namespace octavo {

enum class LossKind : uint8_t {
  cross_entropy,  // of logits [N, C, …] and targets: class indices int64 [N, …] or distributions [N, C, …]
  binary_cross_entropy,  // of logits and targets of 0 … 1 of the same shape
  mean_squared_error,    // of outputs and targets of the same shape
  huber,                 // the same, linear beyond `delta`
  distillation,          // KL divergence from what a teacher's logits [N, C, …] say: they are the targets
};

struct LossOptions {
  LossKind kind = LossKind::cross_entropy;
  double label_smoothing = 0;  // of cross_entropy: 0 … 1
  double temperature = 1;      // of distillation: > 0
  double delta = 1;            // of huber: > 0
  double output_weight = 1;    // of the loss that the kind says
  // Tensors within the network that are compared with the teacher's as well: hints (Romero et al. 2015).
  std::vector<std::string> layers;
  double layer_weight = 1;  // of each of them

  bool operator==(const LossOptions&) const = default;
};

// The type of targets for outputs of that type; `are_indices`: of cross_entropy.
TensorType target_type(const LossOptions& options, const TensorType& outputs, bool are_indices);

// Appends the loss, one float32, mean over all that is compared (of classes: over N and further axes), as
// torch.nn.functional has it:
//
//   cross_entropy          -mean Σ_c t_c · log_softmax(x)_c,  t smoothed: (1 - s) · t + s / C
//   binary_cross_entropy   mean softplus(x) - t · x
//   mean_squared_error     mean (x - t)²
//   huber                  mean |d| <= δ ? d² / 2 : δ · (|d| - δ / 2),  d = x - t
//   distillation           T² · mean Σ_c p_c · (log p_c - log_softmax(x / T)_c), p = softmax(t / T)
//                          (Hinton et al. 2015)
//
// Indices out of range have no class, and count as a target of 0s. Shapes must be static. Throws
// Error(invalid_option) for an option out of range, Error(invalid_input) where targets do not fit.
ValueId add_loss(Graph& graph, const LossOptions& options, ValueId outputs, ValueId targets);

// The same plus layer_weight · Σ (x - t)² / Σ t², of an inner tensor x and what a teacher has in its place: noise by
// signal, so that layers weigh alike however large their numbers are.
ValueId add_layer_loss(Graph& graph, const LossOptions& options, ValueId loss, ValueId layer, ValueId target);

// The float32 tensor of that name that is the first output of a node. Throws Error(invalid_option), naming some that are
// called alike.
ValueId find_layer(const Graph& graph, std::string_view name);

}  // namespace octavo
