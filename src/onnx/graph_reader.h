// GraphProto: looks names up and builds the graph.
#pragma once

#include "graph/graph.h"
#include "onnx/big_tensors.h"
#include "onnx/wire.h"

namespace octavo::onnx {

// The graph of a model whose operators have the forms of `opset`. Large initializers are left in the file. See
// read_model for errors.
Graph read_graph(pbf_reader message, int64_t opset, BigTensors& big);

}  // namespace octavo::onnx
