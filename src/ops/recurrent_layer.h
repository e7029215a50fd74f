// Sizes and matrices of recurrent networks.
#pragma once

#include "ops/dynamic_product.h"
#include "ops/matrix.h"
#include "ops/recurrent_cells.h"

namespace octavo {

// T steps of a batch of B, I inputs, H numbers of state, D directions.
struct RecurrentSizes {
  int64_t steps, batch, inputs, hidden;
  int directions;
  bool batch_first;  // the attribute layout: [B, T, I] and [B, D, H] instead of [T, B, I] and [D, B, H]

  // Of the shapes of X and R. Throws Error(invalid_graph) for a direction that there is not.
  RecurrentSizes(const Attrs& attrs, const Shape& x, const Shape& r);

  Shape state() const {
    return batch_first ? Shape{batch, directions, hidden} : Shape{directions, batch, hidden};
  }
  Shape all_states() const {
    return batch_first ? Shape{batch, steps, directions, hidden} : Shape{steps, directions, batch, hidden};
  }
  // Where the state of a direction starts, and how far apart those of two sequences are.
  int64_t state_start(int d) const { return d * (batch_first ? hidden : batch * hidden); }
  int64_t state_stride() const { return batch_first ? directions * hidden : hidden; }
  // Which row of X a step of a sequence is.
  int64_t row(int64_t step, int64_t b) const { return batch_first ? b * steps + step : step * batch + b; }
  // Where its state is in Y.
  int64_t y_start(int64_t step, int d, int64_t b) const {
    return (batch_first ? row(step, b) * directions + d : (step * directions + d) * batch + b) * hidden;
  }
};

struct RecurrentPlan {
  RecurrentSizes sizes;
  CellOptions cell;
  bool reverse;     // the first direction
  int64_t columns;  // of a step's first product; the rest are those of a second one
  uint64_t packed_w, packed_first, packed_second;  // bytes of a direction

  RecurrentPlan(const Attrs& attrs, const RecurrentSizes& sizes, const Cell& kind,
                const KernelPolicy& policy);
  uint64_t packed_bytes() const {
    return static_cast<uint64_t>(sizes.directions) * (packed_w + packed_first + packed_second);
  }
};

// One that gives the gates what they are given: of floats, or of integers.
struct RecurrentMatrix {
  kernels::PackedGemmF32 floats;
  const DynamicWeights* integers;
};

// The matrices of both directions: of the inputs, and of the state for the first and the second product.
struct RecurrentMatrices {
  struct Direction {
    RecurrentMatrix w, first, second;
  } directions[2];
};

// Packs W [D, gates · H, I] and R [D, gates · H, H] into memory of plan.packed_bytes().
RecurrentMatrices pack_recurrent(const KernelPolicy& policy, const RecurrentPlan& plan, int gates,
                                 const float* w, const float* r, std::byte* memory);

// Constant W and R, inputs 1 and 2.
struct PreparedRecurrent : Prepared {
  Buffer memory;                         // of floats
  std::vector<DynamicWeights> integers;  // by direction: of W, the first and the second product
  RecurrentMatrices matrices{};
  int directions = 0;

  // Bytes of scratch memory for products of integers.
  uint64_t workspace(const KernelPolicy& policy, const RecurrentSizes& sizes) const;

  bool can_unpack(std::size_t input) const override { return integers.empty() && (input == 1 || input == 2); }
  void unpack(std::size_t input, const TensorView& elements) const override;
};

// The same of int8 constants. Each has one scale and zero_point, or one a direction, one a row for both directions, or
// one a row of each. Throws Error(invalid_graph) where they are none of these, and Error(unsupported) for sums that may
// overflow.
std::shared_ptr<PreparedRecurrent> pack_recurrent_integers(const PrepareContext& ctx,
                                                           const RecurrentPlan& plan, int gates);

}  // namespace octavo
