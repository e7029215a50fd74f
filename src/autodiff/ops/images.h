// Gradients of operators on images, which are channels-last where those are.
#pragma once

#include <span>

#include "graph/op_def.h"

namespace octavo {

// OpDef::permute of a node whose inputs and output are images: to channels-last alone.
inline bool permute_images(Graph&, Node& node, std::span<const int> permutation) {
  bool is_last = !node.lowered.channels_last && permutation[0] == 0 && permutation.back() == 1;
  for (std::size_t i = 1; i + 1 < permutation.size(); ++i)
    is_last &= permutation[i] == static_cast<int>(i) + 1;
  node.lowered.channels_last |= is_last;
  return is_last;
}

}  // namespace octavo
