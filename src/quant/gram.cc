#include "quant/gram.h"

#include <algorithm>
#include <limits>

#include "base/parallel_for.h"
#include "kernels/feedback/row_products.h"
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

bool has_few_columns(int64_t depth) { return depth <= kernels::kMostRowProductColumns; }

int64_t capacity_of(int64_t groups, int64_t depth) {
  if (has_few_columns(depth)) return 0;
  return std::clamp<int64_t>(kPendingFloats / std::max<int64_t>(groups * depth, 1), 32, kMostRows);
}

}  // namespace

Gram::Gram(int64_t groups, int64_t depth, Keeps keeps)
    : groups_(groups), depth_(depth), sums_(static_cast<std::size_t>(groups * depth)) {
  if (keeps == Keeps::sums) return;
  products_.resize(static_cast<std::size_t>(groups * triangle()));
  capacity_ = capacity_of(groups, depth);
}

uint64_t Gram::bytes(int64_t groups, int64_t depth) {
  const uint64_t elements = static_cast<uint64_t>(groups) * static_cast<uint64_t>(depth);
  return elements * (static_cast<uint64_t>(depth) + 3) / 2 * sizeof(double) +
         elements * static_cast<uint64_t>(capacity_of(groups, depth)) * sizeof(float);
}

void Gram::add(const TensorView& rows, const KernelPolicy& kernels) {
  const int64_t count = sums_.empty() ? 0 : rows.shape.elements() / std::ssize(sums_);
  if (count == 0) return;
  const float* const first = rows.as<float>();
  parallel_for(kernels.threads, groups_, {}, [&](int64_t begin, int64_t end, int) {
    for (int64_t group = begin; group < end; ++group) {
      const float* const of_group = first + group * count * depth_;
      double* const sums = sums_.data() + group * depth_;
      for (int64_t row = 0; row < count; ++row)
        for (int64_t k = 0; k < depth_; ++k) sums[k] += static_cast<double>(of_group[row * depth_ + k]);
      if (!has_products() || capacity_ > 0) continue;
      for (int64_t row = 0; row < count; row += kMostRows)
        kernels::add_row_products(of_group + row * depth_, static_cast<int>(std::min(count - row, kMostRows)),
                                  static_cast<int>(depth_), products_.data() + group * triangle());
    }
  });
  rows_ += count;
  if (capacity_ == 0) return;
  pending_.resize(static_cast<std::size_t>(groups_ * capacity_ * depth_));
  for (int64_t row = 0; row < count; ++row) {
    if (pending_rows_ == capacity_) flush(kernels);
    for (int64_t group = 0; group < groups_; ++group)
      std::copy_n(first + (group * count + row) * depth_, depth_,
                  pending_.data() + (group * capacity_ + pending_rows_) * depth_);
    ++pending_rows_;
  }
}

void Gram::flush(const KernelPolicy& policy) {
  const kernels::GemmF32Kernel& gemm = choose_gemm_f32(policy);
  const auto size = static_cast<int>(depth_), rows = static_cast<int>(pending_rows_);
  Buffer packed(packed_size_gemm_f32(gemm, size, rows));
  std::vector<float> columns(static_cast<std::size_t>(size) * rows),
      tiles(static_cast<std::size_t>(kTile * size) * static_cast<std::size_t>(policy.threads.count()));
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (int64_t group = 0; group < groups_; ++group) {
    const float* const pending = pending_.data() + group * capacity_ * size;
    swap_axes(pending, columns.data(), 1, rows, size);
    const kernels::PackedGemmF32 all =
        pack_gemm_f32(gemm, kernels::weights_kn(pending, rows, size), packed.data());
    double* const products = products_.data() + group * triangle();
    parallel_for(
        policy.threads, (size + kTile - 1) / kTile, {}, [&](int64_t first, int64_t last, int thread) {
          float* const tile = tiles.data() + ptrdiff_t{thread} * kTile * size;
          for (int64_t t = first; t < last; ++t) {
            const int begin = static_cast<int>(t) * kTile, end = std::min(begin + kTile, size);
            gemm_f32(columns_of(all, 0, end), {columns.data() + ptrdiff_t{begin} * rows, rows, end - begin},
                     {nullptr, -kInfinity, kInfinity, tile, size});
            double* sum = products + int64_t{begin} * (begin + 1) / 2;
            const float* product = tile;
            for (int i = begin; i < end; ++i, product += size)
              for (int k = 0; k <= i; ++k) *sum++ += static_cast<double>(product[k]);
          }
        });
  }
  pending_rows_ = 0;
}

void Gram::divide(std::span<const double> by) {
  const int64_t channels = std::ssize(by) / groups_;
  const auto divisor = [&](int64_t group, int64_t k) {
    return by[static_cast<std::size_t>(group * channels + k % channels)];
  };
  double *sum = sums_.data(), *product = products_.data();
  for (int64_t group = 0; group < groups_; ++group)
    for (int64_t i = 0; i < depth_; ++i) {
      *sum++ /= divisor(group, i);
      for (int64_t k = 0; has_products() && k <= i; ++k) *product++ /= divisor(group, i) * divisor(group, k);
    }
}

void Gram::finish(const KernelPolicy& kernels) {
  if (pending_rows_ > 0) flush(kernels);
  pending_ = {};
}

}  // namespace octavo
