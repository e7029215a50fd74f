// Dividing convolutions among threads.
#pragma once

#include "kernels/conv/conv.h"
#include "ops/parallel.h"
#include "ops/thread_workspaces.h"

namespace octavo {

// Calls body(begin, end, thread) for output rows of a depthwise convolution, `least` of them at a time or more.
template <class Body>
void parallel_dwconv_rows(const KernelPolicy& policy, const kernels::ConvGeometry& g, int64_t least,
                          const Body& body) {
  const int64_t taps = int64_t{g.ow} * g.c * g.kh * g.kw;
  Division division = divide_steps(taps / 4);
  division.least = std::max(division.least, least);
  parallel_for(policy.threads, int64_t{g.n} * g.oh, division, [&](int64_t begin, int64_t end, int thread) {
    body(static_cast<int>(begin), static_cast<int>(end), thread);
  });
}

// Calls body(weights, epilogue, piece) for pieces of a convolution: rows are output positions, weights and epilogue
// those of the piece's columns.
template <class Packed, class Epilogue, class Body>
void parallel_conv(const KernelPolicy& policy, const Packed& packed, const kernels::ConvGeometry& g,
                   const Epilogue& epilogue, const Body& body) {
  if (g.groups > 1)
    return parallel_rows(policy, g.positions(), int64_t{g.oc} * g.depth(),
                         [&](const ProductPiece& piece) { body(packed, epilogue, piece); });
  parallel_product(policy, g.positions(), packed.first_group, epilogue,
                   [&](const auto& product, const Epilogue& e, const ProductPiece& piece) {
                     Packed part = packed;
                     part.first_group = product;
                     body(part, e, piece);
                   });
}

}  // namespace octavo
