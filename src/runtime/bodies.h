// Runs the bodies of a node.
#pragma once

#include <memory>
#include <vector>

#include "graph/op_def.h"

namespace octavo {

// `inputs` are those of the node, as its step is bound: captures are read there. The vector's elements stay where they
// are.
std::unique_ptr<BodyCaller> call_bodies(const Node& node, const std::vector<TensorView>& inputs);

}  // namespace octavo
