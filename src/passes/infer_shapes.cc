// value.shape, value.dtype := what follows from the inputs and constants.
#include <algorithm>
#include <iterator>

#include "base/error.h"
#include "graph/rewriter.h"
#include "ops/evaluate.h"
#include "passes/narrow_doubles.h"
#include "passes/passes.h"

namespace octavo {

namespace {

bool is_credible(const TensorType& inferred, const Shape& shape) {
  return !inferred.dtype || is_addressable(shape, size_of(*inferred.dtype));
}

// The more telling of two shapes of the same value: a known rank beats an unknown one, a size beats kDynamic. A
// declared shape that makes a tensor beyond all memory is not believed: it was of another dtype, or another rank.
std::optional<Shape> merge(const TensorType& inferred, const std::optional<Shape>& declared) {
  if (!inferred.shape) return declared && is_credible(inferred, *declared) ? declared : std::nullopt;
  if (!declared || declared->rank() != inferred.shape->rank()) return inferred.shape;
  Shape merged = *inferred.shape;
  for (int axis = 0; axis < merged.rank(); ++axis)
    if (merged[axis] == kDynamic) merged[axis] = (*declared)[axis];
  return is_credible(inferred, merged) ? merged : inferred.shape;
}

// What a body takes from outside is of the type that it has there, though a file may have declared another shape.
void type_captures(const Graph& graph, Node& node) {
  for (Subgraph& body : node.subgraphs)
    for (uint32_t i = 0; i < body.captures; ++i) {
      const Value& outside = graph[node.inputs[body.first_capture + i]];
      Value& inside = body.graph[body.graph.inputs[body.graph.inputs.size() - body.captures + i]];
      if (outside.dtype) inside.dtype = outside.dtype;
      inside.shape = outside.shape;
    }
}

void infer_bodies(const Graph& graph, Node& node) try {
  type_captures(graph, node);
  if (node.op->type_bodies != nullptr) node.op->type_bodies(node, operands_of(graph, node));
  for (Subgraph& body : node.subgraphs) infer_shapes(body.graph);
} catch (Error& error) {
  error.at_node(node.name, node.op->name);
  throw;
}

}  // namespace

void infer_shapes(Graph& graph) {
  std::vector<Node> nodes;
  nodes.reserve(graph.nodes.size());
  for (Node& node : take_nodes(graph)) {
    if (!node.subgraphs.empty()) infer_bodies(graph, node);
    const bool is_narrowed = narrow_inputs(graph, node, nodes);
    const std::vector<Operand> inferred = infer_node(graph, node, operands_of(graph, node));
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
      if (node.outputs[i] == kNoValue) continue;
      Value& value = graph[node.outputs[i]];
      if (inferred[i].dtype) value.dtype = inferred[i].dtype;
      // What only a run knows is not believed of a file, nor what none of ours says.
      const bool is_own = node.op->shape_depends_on_data || !node.notes.empty();
      value.shape = is_own ? inferred[i].shape : merge(inferred[i], value.shape);
    }
    std::vector<Node> casts;
    if (is_narrowed) widen_outputs(graph, node, casts);
    nodes.push_back(std::move(node));
    for (Node& cast : casts) nodes.push_back(std::move(cast));
  }
  graph.nodes = std::move(nodes);
}

}  // namespace octavo
