// Quantization of weights alone: a file of a quarter or an eighth of the size, for a network that computes with floats.
#pragma once

#include "quant/options.h"
#include "quant/quantization_plan.h"

namespace octavo {

// Every selected node (those of rows, Gemm and MatMul, and Gather unless op_types says otherwise) is to read its
// constant float32 weights as
//
//   integers → DequantizeLinear
//
// with a scale for each output channel or for each `block` weights of one that are summed; of a table that Gather picks
// rows of, for each row or for blocks of it. Integers are int8, of 4 bits in [-8, 7]. Those of 8 bits that are
// symmetric are in [-127, 127]. Tables are rounded to the nearest, whatever the others are.
//
// Where activations are ranged as well, Gemm, MatMul and, without blocks, LSTM, GRU and RNN read them as plan_dynamic
// has it, by row.
//
// Rounding::gptq takes calibration, as plan_static says. Throws what NodeSelection throws, and Error(invalid_option)
// for an operator without weights or Rounding::hqq of symmetric weights, which have no zero points that it could
// choose.
QuantizationPlan plan_weights(const Graph& graph, const WeightsOptions& options);

}  // namespace octavo
