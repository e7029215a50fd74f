// Optimizers, made of ordinary operators and one that changes a state slot in place (octavo.Accumulate).
#pragma once

#include <string>
#include <vector>

#include "graph/graph.h"

namespace octavo {

enum class OptimizerKind : uint8_t { sgd, adam, adamw };

// With PyTorch's defaults.
struct OptimizerOptions {
  OptimizerKind kind = OptimizerKind::adamw;
  double learning_rate = 1e-3;
  double momentum = 0;  // of sgd
  bool nesterov = false;
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;  // of adam and adamw
  double weight_decay = 0;                            // sgd, adam: a part of the gradient; adamw: decoupled
  bool decays_vectors = true;                         // biases and scales, too; false: of weights alone
  double scale_rate = 0.01;  // of learned scales, which are small: times the learning rate
  double clip_norm = 0;      // of all gradients together; 0: not clipped

  bool operator==(const OptimizerOptions&) const = default;
};

// A parameter: an input of the graph that is a state slot, its gradient, and whether weight decay is for it.
struct Trained {
  ValueId value, gradient;
  bool decays = true;
  double rate = 1;  // times the learning rate
};

// What a step is fed beside data: float32 scalars.
struct StepRates {
  static constexpr const char* kRate = "octavo.rate";            // learning rate, of Adam over 1 - beta1^t
  static constexpr const char* kDecay = "octavo.decay";          // 1 - learning rate · weight decay
  static constexpr const char* kDeviation = "octavo.deviation";  // 1 / √(1 - beta2^t)

  float rate, decay, deviation;
};

// Those of step t = 0, 1, …
StepRates rates_of(const OptimizerOptions& options, double learning_rate, int64_t t);

// Appends the inputs of StepRates, moments as state slots, and what changes them and the parameters, behind everything
// that reads them. Throws Error(invalid_option) for an option out of range.
//
//   sgd     g += λ·p; m = μ·m + g; p -= rate · (nesterov ? g + μ·m : m)                    (torch.optim.SGD)
//   adam    g += λ·p; m = β1·m + (1 - β1)·g; v = β2·v + (1 - β2)·g²;
//           p -= rate / (1 - β1^t) · m / (√v / √(1 - β2^t) + ε)                             (torch.optim.Adam)
//   adamw   the same without λ in g; p first times 1 - rate · λ                            (Loshchilov and Hutter 2019)
void add_updates(Graph& graph, const OptimizerOptions& options, std::vector<Trained> trained);

// Makes `value` an input, if it is none, and with `next` a state slot.
void add_state(Graph& graph, ValueId value, ValueId next);

}  // namespace octavo
