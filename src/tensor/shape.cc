#include "tensor/shape.h"

#include <algorithm>

#include "base/error.h"

namespace octavo {

bool Shape::is_static() const {
  return std::ranges::all_of(dims, [](int64_t dim) { return dim >= 0; });
}

int64_t Shape::elements(int from, int to) const {
  int64_t product = 1;
  for (int axis = from; axis < to; ++axis) product *= dims[axis];
  return product;
}

Dims Shape::strides() const {
  Dims strides = dims;
  int64_t stride = 1;
  for (int axis = rank() - 1; axis >= 0; --axis) {
    strides[axis] = stride;
    stride *= dims[axis];
  }
  return strides;
}

bool is_addressable(const Shape& shape, std::size_t element_bytes) {
  auto bytes = static_cast<int64_t>(element_bytes);
  return std::ranges::all_of(shape.dims, [&](int64_t dim) {
    if (dim <= 0) return true;
    if (dim > kMaxTensorBytes / bytes) return false;
    bytes *= dim;
    return true;
  });
}

void require_addressable(const Shape& shape, std::size_t element_bytes) {
  require(is_addressable(shape, element_bytes), ErrorCode::out_of_memory,
          "a tensor of shape {} does not fit into memory", shape);
}

void append_text(std::string& out, const Shape& shape) {
  out += '[';
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (axis > 0) out += ',';
    out += shape[axis] == kDynamic ? "?" : std::to_string(shape[axis]);
  }
  out += ']';
}

std::string to_string(const Shape& shape) { return text("{}", shape); }

int normalize_axis(int64_t axis, int rank) {
  require(axis >= -rank && axis < rank, ErrorCode::invalid_graph, "axis {} is outside a tensor of rank {}",
          axis, rank);
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

Shape broadcast_shapes(const Shape& a, const Shape& b) {
  const int rank = std::max(a.rank(), b.rank());
  Shape out(Dims(rank, 1));
  for (int i = 1; i <= rank; ++i) {
    const int64_t x = i <= a.rank() ? a[a.rank() - i] : 1;
    const int64_t y = i <= b.rank() ? b[b.rank() - i] : 1;
    const bool fits = x == y || x == 1 || y == 1 || x == kDynamic || y == kDynamic;
    require(fits, ErrorCode::invalid_graph, "shapes {} and {} do not broadcast", a, b);
    const bool take_x = y == 1 || (y == kDynamic && x != 1);
    out[rank - i] = take_x ? x : y;
  }
  return out;
}

}  // namespace octavo
