// What the quantizers ask of values and constants.
#pragma once

#include "graph/qdq.h"
#include "quant/options.h"
#include "tensor/qparams.h"

namespace octavo {

// Appends DequantizeLinear of the constant `value` quantized with `qparams` as `dtype`, and returns its output.
ValueId add_dequantized_constant(Graph& graph, ValueId value, const QParams& qparams, DType dtype);

// True for a value that is computed or fed and holds float32.
bool is_float_activation(const Graph& graph, ValueId value);
// True for a float32 constant.
bool is_float_constant(const Graph& graph, ValueId value);
// True for a node of QuantRole::weighted whose weights are a float32 constant and whose input is a float activation.
bool has_float_weights(const Graph& graph, const Node& node);

// Symmetric int8 qparams of the weights of a `has_float_weights` node. Errors name the constant.
QParams choose_node_weight_qparams(const Graph& graph, const Node& node, const QuantizeOptions& options);

}  // namespace octavo
