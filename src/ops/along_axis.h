// A tensor seen along one axis: `outer` blocks of `size` rows of `inner` elements.
#pragma once

#include "ops/elements.h"
#include "tensor/shape.h"

namespace octavo {

struct AlongAxis {
  int64_t outer, size, inner;

  AlongAxis(const Shape& shape, int axis)
      : outer(shape.elements(0, axis)), size(shape[axis]), inner(shape.elements(axis + 1, shape.rank())) {}
};

// The columns of such a tensor in pieces that fit on the stack: at most kChunk neighbours, of which kChunk elements are
// taken at once, several rows where they are short.
struct Columns {
  AlongAxis x;
  int64_t width, rows, pieces_of_row;

  explicit Columns(const AlongAxis& along)
      : x(along),
        width(std::clamp<int64_t>(along.inner, 1, kChunk)),
        rows(width == along.inner ? kChunk / width : 1),
        pieces_of_row((along.inner + width - 1) / width) {}

  int64_t pieces() const { return x.outer * pieces_of_row; }
  // The first column of a piece, as an element of the row; and how many it has.
  int64_t column(int64_t piece) const { return piece % pieces_of_row * width; }
  int64_t count(int64_t piece) const { return std::min(width, x.inner - column(piece)); }
  // The element of the tensor at that row of a piece's first column.
  int64_t at(int64_t piece, int64_t row) const {
    return (piece / pieces_of_row * x.size + row) * x.inner + column(piece);
  }
};

}  // namespace octavo
