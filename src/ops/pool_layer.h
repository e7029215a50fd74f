// What float and integer pooling have in common: shapes and geometry.
#pragma once

#include "graph/op_def.h"
#include "kernels/pool/pool.h"
#include "ops/parallel.h"

namespace octavo {

// Sets output 0, of `dtype`, to input 0 [n, c, spatial…] (or [n, spatial…, c] where lowered to channels_last) under the
// window that the attributes describe. Throws Error(unsupported) for more than 3 spatial axes.
void infer_pool(InferContext& ctx, DType dtype);
// The same with one window over everything: all spatial sizes become 1.
void infer_global_pool(InferContext& ctx, DType dtype);

// The geometry of a node with the image as input 0.
using PoolGeometryOf = kernels::PoolGeometry(const ShapeContext&);
PoolGeometryOf pool_geometry, global_pool_geometry;

// A part of a pooling: its geometry, where its input and its output begin, and its thread.
struct PoolPiece {
  kernels::PoolGeometry g;
  int64_t in, out;  // elements
  int thread;
};

// Calls body(piece) for pieces of a pooling: some of the images or, if there is but one, some rows of the output along
// its first axis of more than one.
template <class Body>
void parallel_pool(const KernelPolicy& policy, const kernels::PoolGeometry& g, const Body& body) {
  if (policy.threads.count() == 1) return body(PoolPiece{g, 0, 0, 0});
  int cut = -1;
  for (int axis = 2; axis >= 0 && g.n == 1; --axis)
    if (g.axes[axis].out > 1) cut = axis;
  const int64_t items = cut < 0 ? g.n : g.axes[cut].out;
  const int64_t in_step = cut < 0 ? g.input_pixels() * g.c : 0;
  const int64_t out_step = g.output_pixels() * g.c / (cut < 0 ? 1 : std::max<int64_t>(items, 1));
  const int64_t taps = g.axes[0].kernel * g.axes[1].kernel * g.axes[2].kernel;
  const int64_t steps =
      std::min(out_step, kLeastSteps) * std::min(taps, kLeastSteps);  // more than a piece needs
  parallel_for(policy.threads, items, divide_steps(steps), [&](int64_t begin, int64_t end, int thread) {
    PoolPiece piece{g, begin * in_step, begin * out_step, thread};
    if (cut < 0) {
      piece.g.n = end - begin;
    } else {
      piece.g.axes[cut].out = end - begin;
      piece.g.axes[cut].pad_begin -= begin * g.axes[cut].stride;
    }
    body(piece);
  });
}

}  // namespace octavo
