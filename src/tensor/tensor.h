// Dense row-major tensors: a view of memory, and an owner of it.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/buffer.h"
#include "tensor/dtype.h"
#include "tensor/shape.h"
#include "tensor/tensor_type.h"

namespace octavo {

// A dense row-major tensor in memory that somebody else owns. `data` is null for an absent optional input.
struct TensorView {
  DType dtype = DType::f32;
  Shape shape;
  std::byte* data = nullptr;

  bool present() const { return data != nullptr; }
  TensorType type() const { return {dtype, shape}; }
  std::size_t bytes() const { return static_cast<std::size_t>(shape.elements()) * size_of(dtype); }
  // The elements; T must be the C++ type of dtype.
  template <class T> T* as() const { return reinterpret_cast<T*>(data); }
  template <class T> std::span<T> span() const {
    return {as<T>(), static_cast<std::size_t>(shape.elements())};
  }
};

// A tensor that owns its memory. A tensor without elements still has a non-null data pointer.
//
// A constant whose elements are also kept elsewhere, in packed weights or in the file, need not have memory: they are
// restored when somebody looks at them, which is not to happen in two threads at once.
class Tensor {
 public:
  // Writes all elements of the tensor.
  using Restore = std::function<void(const TensorView&)>;

  // Throws Error(out_of_memory) where the shape is not addressable or there is no memory.
  Tensor(DType dtype, Shape shape);
  // Has no memory until somebody looks at the elements.
  static Tensor restored_on_demand(DType dtype, Shape shape, Restore restore);
  // Stands for a tensor of that shape where nobody reads elements; it owns none.
  static Tensor without_elements(DType dtype, Shape shape);
  static Tensor copy_of(const TensorView& view);
  // A tensor of T with the given values; their number must be the shape's.
  template <class T> static Tensor of(Shape shape, std::span<const T> values);
  template <class T> static Tensor of(Shape shape, std::initializer_list<T> values) {
    return of<T>(std::move(shape), std::span<const T>(values.begin(), values.size()));
  }
  template <class T> static Tensor scalar(T value) { return of<T>(Shape{}, {value}); }

  DType dtype() const { return view_.dtype; }
  const Shape& shape() const { return view_.shape; }
  TensorType type() const { return view_.type(); }
  std::size_t bytes() const { return view_.bytes(); }
  // The memory is writable through a view, also of a const tensor: constancy of graph constants is by contract.
  const TensorView& view() const {
    if (!view_.present()) restore_elements();
    return view_;
  }
  template <class T> std::span<T> span() const { return view().span<T>(); }

  // Gives the memory back: from now on `restore` writes the elements when they are needed, unless there is a way
  // already. Views become invalid, except where somebody holds memory().
  void give_back(Restore restore) const;
  // The same for elements that have been restored before. Does nothing to a tensor that nobody else keeps.
  void give_back() const;
  // Takes the elements into memory of its own for good.
  void keep() const {
    view();
    restore_ = nullptr;
  }
  // Keeps the elements where view() sees them.
  std::shared_ptr<const Buffer> memory() const {
    view();
    return buffer_;
  }

 private:
  Tensor(DType dtype, Shape shape, std::size_t bytes);
  void restore_elements() const;

  // A constant changes where its elements are, but not what they are.
  mutable std::shared_ptr<Buffer> buffer_;
  mutable TensorView view_;
  mutable Restore restore_;
};

// Constants are shared between graphs that are copies of one another, and never written to.
using ConstantTensor = std::shared_ptr<const Tensor>;

template <class T> Tensor Tensor::of(Shape shape, std::span<const T> values) {
  Tensor tensor(dtype_of<T>, std::move(shape));
  std::copy(values.begin(), values.end(), tensor.span<T>().begin());
  return tensor;
}

// The elements of an integer tensor (s32 or s64), as int64. Throws Error(invalid_graph) for another dtype.
std::vector<int64_t> to_int64(const TensorView& tensor);

}  // namespace octavo
