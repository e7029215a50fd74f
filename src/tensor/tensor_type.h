// What is known of a tensor before it exists.
#pragma once

#include <optional>

#include "tensor/dtype.h"
#include "tensor/shape.h"

namespace octavo {

// Either part may be unknown: a file need not say of what type the values between its nodes are, nor of what rank. A
// tensor that exists is a TensorView.
struct TensorType {
  std::optional<DType> dtype = {};
  std::optional<Shape> shape = {};  // nothing: not even the rank is known; dimensions may be kDynamic

  bool is_known() const { return dtype && shape; }
  // dtype and every dimension are known.
  bool is_static() const { return is_known() && shape->is_static(); }
  // Bytes of the elements of a static type.
  std::size_t bytes() const { return static_cast<std::size_t>(shape->elements()) * size_of(*dtype); }
};

}  // namespace octavo
