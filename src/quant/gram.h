// What calibration keeps of the inputs of a weight: the sum of xᵀ·x over the rows x that its products take.
#pragma once

#include <cstdint>
#include <vector>

#include "base/kernel_policy.h"
#include "tensor/tensor.h"

namespace octavo {

// Of each group of a convolution, or of one matrix. Sums of up to a few hundred rows are made in float32 and then added
// in float64, so that very many of them lose nothing.
class Gram {
 public:
  Gram(int64_t groups, int64_t depth);

  // Bytes that one takes, at most.
  static uint64_t bytes(int64_t groups, int64_t depth);

  // rows [groups, rows, depth]; or, of one group, any shape with the depth last.
  void add(const TensorView& rows, const KernelPolicy& kernels);
  // Sums what is pending: to be called before the rest is asked for.
  void finish(const KernelPolicy& kernels);

  int64_t groups() const { return groups_; }
  int64_t depth() const { return depth_; }
  int64_t rows() const { return rows_; }
  // Σ x[i] · x[k], i >= k.
  double sum(int64_t group, int64_t i, int64_t k) const {
    return sums_[static_cast<std::size_t>(group * triangle() + i * (i + 1) / 2 + k)];
  }
  // Mean of x[k].
  double mean(int64_t group, int64_t k) const { return sum(group, depth_, k) / static_cast<double>(rows_); }

 private:
  // Behind each row stands a 1, whose products are sums of x.
  int64_t width() const { return depth_ + 1; }
  int64_t triangle() const { return width() * (width() + 1) / 2; }
  void flush(const KernelPolicy& kernels);

  int64_t groups_, depth_, rows_ = 0;
  std::vector<double> sums_;  // [groups, triangle]
  // Rows that are to be added together: [groups, capacity, width].
  std::vector<float> pending_;
  int64_t capacity_, pending_rows_ = 0;
};

}  // namespace octavo
