// What calibration keeps of the inputs of a weight: sums over the rows x that its products take.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/kernel_policy.h"
#include "tensor/tensor.h"

namespace octavo {

// Σ x and, where asked for, Σ xᵀ·x, of each group of a convolution, or of one matrix. Products of up to a few hundred
// rows are summed in float32 and then added in float64, so that very many of them lose nothing.
class Gram {
 public:
  enum class Keeps : uint8_t { sums, products };

  Gram(int64_t groups, int64_t depth, Keeps keeps = Keeps::products);

  // Bytes that one with products takes, at most.
  static uint64_t bytes(int64_t groups, int64_t depth);

  // rows [groups, rows, depth]; or, of one group, any shape with the depth last.
  void add(const TensorView& rows, const KernelPolicy& kernels);
  // Sums what is pending: to be called before the rest is asked for.
  void finish(const KernelPolicy& kernels);
  // As if all rows had been divided by `by`, channel by channel: of each group as many, the same for each place of a
  // window. After finish.
  void divide(std::span<const double> by);

  int64_t groups() const { return groups_; }
  int64_t depth() const { return depth_; }
  int64_t rows() const { return rows_; }
  bool has_products() const { return !products_.empty(); }
  // Σ x[i] · x[k], i >= k.
  double product(int64_t group, int64_t i, int64_t k) const {
    return products_[static_cast<std::size_t>(group * triangle() + i * (i + 1) / 2 + k)];
  }
  // Mean of x[k].
  double mean(int64_t group, int64_t k) const {
    return sums_[static_cast<std::size_t>(group * depth_ + k)] / static_cast<double>(rows_);
  }

 private:
  int64_t triangle() const { return depth_ * (depth_ + 1) / 2; }
  void flush(const KernelPolicy& kernels);

  int64_t groups_, depth_, rows_ = 0;
  std::vector<double> sums_;      // [groups, depth]
  std::vector<double> products_;  // [groups, triangle]
  // Rows that are to be multiplied together, [groups, capacity, depth]: of few columns none are kept.
  std::vector<float> pending_;
  int64_t capacity_ = 0, pending_rows_ = 0;
};

}  // namespace octavo
