// Convolutions with BatchNormalization behind them, in quantization-aware training: rounded is the weight that they
// have once that is folded into them, normalized is as in training (PyTorch's qat.ConvBn2d; Krishnamoorthi 2018,
// 3.2.2):
//
//   f = scale / √(running_variance + ε)
//   y = BatchNormalization(Conv(x, rounded(W · f)) / f + b)
#pragma once

#include "onnx/model.h"
#include "train/fake_quantize.h"

namespace octavo {

// The network of a file as loading simplifies it, but for BatchNormalization, which stays. Throws what onnx::read_model
// throws.
Graph read_unfolded(FileMemory file, const KernelPolicy& kernels);

// What loading makes of it.
Graph folded(Graph unfolded, const KernelPolicy& kernels);

// Unfolds a network that was planned of folded(unfolded): it has the constants of that, by their names, and computes as
// above, but for BatchNormalization with something behind it that is folded, too.
void unfold_normalization(FakeQuantized& network, Graph unfolded);

}  // namespace octavo
