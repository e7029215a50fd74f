// GraphProto: looks names up and builds the graph.
#pragma once

#include "graph/graph.h"
#include "onnx/big_tensors.h"
#include "onnx/model.h"
#include "onnx/wire.h"

namespace octavo::onnx {

// Sets graph and overridable_initializers of a model whose opset and IR version are read. Large initializers are left
// in the file. See read_model for errors.
void read_graph(pbf_reader message, Model& model, BigTensors& big, std::span<const NamedTensor> initializers);

}  // namespace octavo::onnx
