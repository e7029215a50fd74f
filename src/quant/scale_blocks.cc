#include "quant/scale_blocks.h"

#include <algorithm>

namespace octavo {

ScaleBlocks::ScaleBlocks(const QParams& qparams, const Shape& shape)
    : inner_(shape.elements(qparams.axis + 1, shape.rank())), block_(qparams.block) {
  if (qparams.per_tensor()) return;
  outer_ = shape.elements(0, qparams.axis);
  along_ = shape[qparams.axis];
}

ScaleBlock ScaleBlocks::operator[](int64_t scale) const {
  if (block_ == 0) return {scale * inner_, outer_, along_ * inner_, inner_};
  const int64_t run = scale / inner_, begin = run % blocks() * block_;
  const int64_t first = (run / blocks() * along_ + begin) * inner_ + scale % inner_;
  const int64_t count = std::min(block_, along_ - begin);
  return inner_ == 1 ? ScaleBlock{first, 1, 0, count} : ScaleBlock{first, count, inner_, 1};
}

std::span<const float> ScaleBlocks::gather(const TensorView& tensor, int64_t scale,
                                           std::vector<float>& memory) const {
  const ScaleBlock block = (*this)[scale];
  const float* run = tensor.as<float>() + block.first;
  const auto length = static_cast<std::size_t>(block.length);
  if (block.count == 1) return {run, length};
  memory.clear();
  for (int64_t i = 0; i < block.count; ++i, run += block.stride)
    memory.insert(memory.end(), run, run + length);
  return memory;
}

int64_t ScaleBlocks::of(int64_t element) const {
  const int64_t run = element / inner_, index = run % along_;
  if (block_ == 0) return index;
  return (run / along_ * blocks() + index / block_) * inner_ + element % inner_;
}

}  // namespace octavo
