// Gradients of operators on images, which are channels-last where those are.
#pragma once

#include <span>

#include "graph/op_def.h"
#include "kernels/conv/geometry.h"

namespace octavo {

// OpDef::permute of a node whose inputs and output are images: to channels-last alone.
bool permute_images(Graph&, Node& node, std::span<const int> permutation);

// The geometry of a convolution whose output has the gradient dy and whose image is x, by the attributes of Conv and
// kernel_shape.
kernels::ConvGeometry gradient_geometry(const Node& node, const Shape& dy, const Shape& x);

}  // namespace octavo
