// value.shape, value.dtype := what follows from the inputs and constants.
#include "ops/evaluate.h"
#include "passes/passes.h"

namespace octavo {

namespace {

// The more telling of two shapes of the same value: a known rank beats an unknown one, a size beats kDynamic. A
// declared shape that makes a tensor beyond all memory of the inferred one is not believed.
std::optional<Shape> merge(const TensorType& inferred, const std::optional<Shape>& declared) {
  if (!inferred.shape) return declared;
  if (!declared || declared->rank() != inferred.shape->rank()) return inferred.shape;
  Shape merged = *inferred.shape;
  for (int axis = 0; axis < merged.rank(); ++axis)
    if (merged[axis] == kDynamic) merged[axis] = (*declared)[axis];
  return is_addressable(merged, size_of(*inferred.dtype)) ? merged : inferred.shape;
}

}  // namespace

void infer_shapes(Graph& graph) {
  for (const Node& node : graph.nodes) {
    const std::vector<Operand> inferred = infer_node(graph, node, operands_of(graph, node));
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
      if (node.outputs[i] == kNoValue) continue;
      Value& value = graph[node.outputs[i]];
      if (inferred[i].dtype) value.dtype = inferred[i].dtype;
      value.shape = merge(inferred[i], value.shape);
    }
  }
}

}  // namespace octavo
