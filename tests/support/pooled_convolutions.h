// The beginning of networks that are quantized and trained in tests.
#pragma once

#include "support/graph_builder.h"

namespace octavo::test {

// Of x[N,3,8,8]: convolutions, one depthwise, with clamps between them, and a row [N,12] of means.
struct PooledConvolutions {
  ValueId clamped, row;

  explicit PooledConvolutions(GraphBuilder& b) {
    const auto conv = [&](ValueId x, Shape weights, int64_t group) {
      const Shape channels{weights[0]};
      return b.node("Conv", {x, b.random(std::move(weights), 0.3f), b.random(channels, 0.2f)},
                    attrs({{"pads", std::vector<int64_t>(4, 1)}, {"group", group}}));
    };
    const ValueId x = b.input("x", {kDynamic, 3, 8, 8});
    const ValueId first = b.node("Relu", {conv(x, {8, 3, 3, 3}, 1)});
    clamped = b.node("Clip", {conv(first, {8, 1, 3, 3}, 8), b.constant(Tensor::scalar(0.0f)),
                              b.constant(Tensor::scalar(6.0f))});
    const ValueId rows = b.node("GlobalAveragePool", {conv(clamped, {12, 8, 3, 3}, 1)});
    row = b.node("Flatten", {rows});
  }
};

}  // namespace octavo::test
