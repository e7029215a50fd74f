#include "quant/gram.h"

#include <algorithm>
#include <limits>

#include "kernels/gemm_f32/gemm_f32.h"
#include "kernels/weights.h"
#include "ops/channel_order.h"
#include "ops/kernel_choice.h"

namespace octavo {

namespace {

// Rows that are multiplied at a time: as many as make packing cheap, in as much memory as caches have.
constexpr int64_t kMostRows = 256;
constexpr int64_t kPendingFloats = 256 * 1024;
// Rows of the product that are made at a time.
constexpr int kTile = 48;

int64_t capacity_of(int64_t groups, int64_t depth) {
  return std::clamp<int64_t>(kPendingFloats / std::max<int64_t>(groups * depth, 1), 32, kMostRows);
}

}  // namespace

Gram::Gram(int64_t groups, int64_t depth)
    : groups_(groups),
      depth_(depth),
      sums_(static_cast<std::size_t>(groups * triangle())),
      capacity_(capacity_of(groups, width())) {
  pending_.resize(static_cast<std::size_t>(groups * width() * capacity_), 1.0f);
}

uint64_t Gram::bytes(int64_t groups, int64_t depth) {
  const uint64_t width = static_cast<uint64_t>(depth) + 1, elements = static_cast<uint64_t>(groups) * width;
  return elements * (width + 1) / 2 * sizeof(double) +
         elements * static_cast<uint64_t>(capacity_of(groups, depth + 1)) * sizeof(float);
}

void Gram::add(const TensorView& rows, const KernelPolicy& kernels) {
  const int64_t count = depth_ == 0 ? 0 : rows.shape.elements() / (groups_ * depth_);
  for (int64_t row = 0; row < count; ++row) {
    if (pending_rows_ == capacity_) flush(kernels);
    for (int64_t group = 0; group < groups_; ++group)
      std::copy_n(rows.as<float>() + (group * count + row) * depth_, depth_,
                  pending_.data() + (group * capacity_ + pending_rows_) * width());
    ++pending_rows_;
  }
  rows_ += count;
}

void Gram::flush(const KernelPolicy& policy) {
  const kernels::GemmF32Kernel& gemm = choose_gemm_f32(policy);
  const auto size = static_cast<int>(width()), rows = static_cast<int>(pending_rows_);
  Buffer packed(packed_size_gemm_f32(gemm, size, rows));
  std::vector<float> columns(static_cast<std::size_t>(size) * rows),
      tile(static_cast<std::size_t>(kTile * size));
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  double* sum = sums_.data();
  for (int64_t group = 0; group < groups_; ++group) {
    const float* const pending = pending_.data() + group * capacity_ * size;
    swap_axes(pending, columns.data(), 1, rows, size);
    const kernels::PackedGemmF32 all =
        pack_gemm_f32(gemm, kernels::weights_kn(pending, rows, size), packed.data());
    for (int begin = 0; begin < size; begin += kTile) {
      const int end = std::min<int>(begin + kTile, size);
      gemm_f32(columns_of(all, 0, end), {columns.data() + ptrdiff_t{begin} * rows, rows, end - begin},
               {nullptr, -kInfinity, kInfinity, tile.data(), size});
      const float* product = tile.data();
      for (int i = begin; i < end; ++i, product += size)
        for (int k = 0; k <= i; ++k) *sum++ += static_cast<double>(product[k]);
    }
  }
  pending_rows_ = 0;
}

void Gram::finish(const KernelPolicy& kernels) {
  if (pending_rows_ > 0) flush(kernels);
}

}  // namespace octavo
