// Static quantization, first step: what to quantize and what to observe for it. PyTorch calls it `prepare`.
#pragma once

#include <cstdint>
#include <vector>

#include "graph/graph.h"
#include "quant/options.h"

namespace octavo {

// A float value that gets one Q → DQ pair.
struct QuantizedActivation {
  ValueId value;
  // Whose observed range decides the qparams: `value` itself, or where it was moved from.
  ValueId range_of;
};

// Decisions about `graph`; ids and node indices are its own.
struct StaticPlan {
  StaticOptions options;
  Graph graph;     // the float network
  Graph observed;  // the same with octavo.Observe nodes, whose Lowered::observed is a ValueId of `graph`
  std::vector<QuantizedActivation> activations;
  std::vector<uint32_t> weighted;    // nodes whose weights become int8 and whose bias becomes int32
  std::vector<uint32_t> arithmetic;  // nodes whose float constants become u8
};

// Decides by QuantRule what to quantize in a simplified float graph:
//
// * weighted nodes with constant float32 weights: input 0 and output 0.
// * arithmetic nodes: all float32 inputs and output 0; lookup nodes: input 0 and output 0.
// * A clamp that alone reads a weighted or arithmetic node belongs to it: not the value between them is quantized, but
//   the clamp's output. op_types does not matter for such a clamp. Any other clamp is a lookup.
// * same_qparams nodes, when their input is quantized: the output, with the input's qparams.
//
// Throws what NodeSelection and make_observer throw.
StaticPlan prepare_static(const Graph& graph, const StaticOptions& options);

}  // namespace octavo
