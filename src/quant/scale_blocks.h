// Which elements of a tensor share a scale.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tensor/qparams.h"
#include "tensor/tensor.h"

namespace octavo {

// `count` runs of `length` neighbours each, `stride` apart.
struct ScaleBlock {
  int64_t first, count, stride, length;
};

// Of qparams for a tensor of that shape, in the order of their scales: their axis, block and nothing else is looked at.
class ScaleBlocks {
 public:
  ScaleBlocks(const QParams& qparams, const Shape& shape);

  int64_t size() const { return block_ == 0 ? along_ : outer_ * blocks() * inner_; }
  ScaleBlock operator[](int64_t scale) const;
  // Its elements of a float32 tensor, which lie there or are put into `memory`.
  std::span<const float> gather(const TensorView& tensor, int64_t scale, std::vector<float>& memory) const;
  // The scale of an element.
  int64_t of(int64_t element) const;

 private:
  int64_t blocks() const { return (along_ + block_ - 1) / block_; }

  int64_t outer_ = 1, along_ = 1, inner_;
  int64_t block_;  // 0: all elements of an index along the axis
};

}  // namespace octavo
