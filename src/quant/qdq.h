// What the quantizers ask of values and constants.
#pragma once

#include "graph/qdq.h"
#include "quant/options.h"
#include "quant/quantization_plan.h"
#include "tensor/qparams.h"

namespace octavo {

// Appends DequantizeLinear of the constant `value` quantized with `qparams` as `dtype`, and returns its output.
ValueId add_dequantized_constant(Graph& graph, ValueId value, const QParams& qparams, DType dtype);
// The same for integers that somebody has rounded it to.
ValueId add_dequantized_constant(Graph& graph, ValueId value, const QParams& qparams, Tensor integers);

// True for a value that is computed or fed and holds float32.
bool is_float_activation(const Graph& graph, ValueId value);
// True for a float32 constant.
bool is_float_constant(const Graph& graph, ValueId value);
// True for a node whose weight is a float32 constant and whose activation is computed in float32.
bool has_float_weights(const Graph& graph, const Node& node);
// True for a node with a constant float32 bias of one value for each output channel, along its last axis.
bool has_channel_bias(const Graph& graph, const Node& node);

// Whether operators of that name pick rows of a table of weights: an embedding.
bool picks_rows(std::string_view op);
// True for a node that picks rows of a float32 constant [rows, columns].
bool has_float_table(const Graph& graph, const Node& node);

// The axis of the weight of a node that its products are summed along; of a convolution that of channels.
int reduction_axis(const Graph& graph, const Node& node, ValueId weight);
// int8 as the options say, a scale a row, for a table of a `has_float_table` node.
QuantSpec table_spec(const QuantizeOptions& options);
// int8 as the options say, for a weight of a `has_float_weights` node.
QuantSpec weight_spec(const Graph& graph, const Node& node, ValueId weight, const QuantizeOptions& options);
// int8 qparams of the constant `weight` of a node. Errors name node and constant.
QParams weight_qparams(const Graph& graph, const Node& node, ValueId weight, const QuantSpec& spec);

}  // namespace octavo
