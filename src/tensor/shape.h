// Tensor dimensions, outermost first.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string>

#include "tensor/dims.h"

namespace octavo {

// A dimension whose size is not known before the model runs.
inline constexpr int64_t kDynamic = -1;

// The dimensions of a tensor, row-major, at most Dims::kMaxRank. A dimension is a size or kDynamic. Rank 0 is a scalar.
struct Shape {
  Dims dims;

  Shape() = default;
  Shape(std::initializer_list<int64_t> sizes) : dims(sizes) {}
  explicit Shape(const Dims& sizes) : dims(sizes) {}
  explicit Shape(std::span<const int64_t> sizes) : dims(sizes) {}

  int rank() const { return static_cast<int>(dims.size()); }
  int64_t& operator[](int axis) { return dims[axis]; }
  int64_t operator[](int axis) const { return dims[axis]; }
  bool operator==(const Shape&) const = default;

  // True when no dimension is dynamic.
  bool is_static() const;
  // The number of elements; the shape must be static.
  int64_t elements() const { return elements(0, rank()); }
  // The product of dims[from, to): elements of a block of neighbouring axes.
  int64_t elements(int from, int to) const;
  // Distance in elements between neighbours along each axis of a dense row-major tensor.
  Dims strides() const;
};

// The largest tensor in bytes, on every machine what pointers of 32 bits can span. The dimensions of a tensor that is
// addressable have no product, also of bytes, beyond int32.
inline constexpr int64_t kMaxTensorBytes = std::numeric_limits<int32_t>::max();

// Whether a tensor of such elements is no larger than that. A dimension of 0 does not hide the others, which are
// multiplied with one another elsewhere; a dynamic one counts as 1.
bool is_addressable(const Shape& shape, std::size_t element_bytes);
// Throws Error(out_of_memory), naming the shape, unless it is.
void require_addressable(const Shape& shape, std::size_t element_bytes);

// "[1,3,224,224]", with "?" for a dynamic dimension.
void append_text(std::string& out, const Shape& shape);
std::string to_string(const Shape& shape);

// `axis` in [-rank, rank) made non-negative. Throws Error(invalid_graph) outside that range.
int normalize_axis(int64_t axis, int rank);

// The shape of elementwise operators, numpy's rule. A dynamic dimension against 1 or another dynamic one is
// dynamic. Throws Error(invalid_graph), naming both shapes, where they do not fit.
Shape broadcast_shapes(const Shape& a, const Shape& b);

}  // namespace octavo
