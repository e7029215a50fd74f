// Facts about a node that are no attributes of ONNX. Each is a member of its own: a file cannot spell them by chance.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "tensor/qparams.h"
#include "tensor/tensor.h"

namespace octavo {

// What QuantizeLinear, DequantizeLinear, DynamicQuantizeLinear and recurrent networks say beyond ONNX. The writer keeps
// it in the metadata of the node, where other runtimes ignore it, and the reader restores it: onnx/metadata.h.
struct QuantizationNotes {
  // Bounds of the integers where they are narrower than the storage type, to which another runtime saturates. As they
  // are in a file: graph/qdq.h checks them.
  std::optional<int64_t> qmin, qmax;
  // Of DynamicQuantizeLinear.
  Granularity granularity = Granularity::tensor;
  // Of LSTM, GRU and RNN: each step's product of the state is one of integers, which the state becomes as the input X
  // does, with X's granularity and range. Without it that product is one of floats.
  bool quantized_state = false;

  bool empty() const { return *this == QuantizationNotes{}; }
  bool operator==(const QuantizationNotes&) const = default;
};

// A range of floats; infinite where there is no bound.
struct Clamp {
  float low = -std::numeric_limits<float>::infinity();
  float high = std::numeric_limits<float>::infinity();

  bool operator==(const Clamp&) const = default;
};

// How Attention and RotaryEmbedding compute what a graph spelt out in products and sums.
struct Spelt {
  // Operands are broadcast to one another, along every axis but the last, as products and sums do: Q, K, V and the
  // mask, which heads may share; or the input and its caches, which then have a number for each element of a head.
  bool broadcasts = false;
  // A bit each for Q, K, V and Y, or for input and output at once, of four axes: [batch, length, heads, size], and not
  // [batch, heads, length, size].
  uint8_t by_rows = 0;
  // The weights of a row of which nothing counts, which are NaN, become 0.
  bool clears_nan = false;
};

// What lowering has decided about a node. No file says it, and none is written with it.
struct Lowered {
  // Images are N … C: input 0, and output 0.
  bool channels_last = false;
  // Bounds of output 0, where it is float: what a Relu or Clip behind the node has left. Those of integers narrow
  // output_qparams.
  Clamp clamp;
  // A value for each index of output 0's last axis that is added before the clamp: what an Add behind the node has
  // left.
  ConstantTensor bias;
  const float* added() const { return bias ? bias->span<float>().data() : nullptr; }
  // Of an operator that computes with integers: what those of each input and of output 0 mean to this node. Another
  // reader of the same tensor may take its integers for other numbers.
  std::vector<QParams> input_qparams;
  QParams output_qparams;
  Spelt spelt;
  // Of TensorScatter: the cache is a state, which it writes into.
  bool in_place = false;
  // Of octavo.Observe and octavo.Inspect: which tensor they show. Such a node stays, though nobody reads it.
  int64_t observed = -1;
};

}  // namespace octavo
