#include "tensor/tensor.h"

#include <algorithm>

#include "base/error.h"

namespace octavo {

namespace {

std::size_t addressable_bytes(DType dtype, const Shape& shape) {
  require_addressable(shape, size_of(dtype));
  return static_cast<std::size_t>(shape.elements()) * size_of(dtype);
}

}  // namespace

Tensor::Tensor(DType dtype, Shape shape) : Tensor(dtype, shape, addressable_bytes(dtype, shape)) {}

Tensor::Tensor(DType dtype, Shape shape, std::size_t bytes)
    : buffer_(std::make_shared<Buffer>(std::max<std::size_t>(bytes, 1))),
      view_{dtype, shape, buffer_->data()} {}

Tensor Tensor::restored_on_demand(DType dtype, Shape shape, Restore restore) {
  Tensor tensor = without_elements(dtype, shape);
  tensor.give_back(std::move(restore));
  return tensor;
}

void Tensor::give_back(Restore restore) const {
  if (!restore_) restore_ = std::move(restore);
  give_back();
}

void Tensor::give_back() const {
  if (!restore_) return;
  buffer_.reset();
  view_.data = nullptr;
}

void Tensor::restore_elements() const {
  buffer_ = std::make_shared<Buffer>(std::max<std::size_t>(view_.bytes(), 1));
  view_.data = buffer_->data();
  restore_(view_);
}

Tensor Tensor::copy_of(const TensorView& view) {
  Tensor copy(view.dtype, view.shape);
  std::copy_n(view.data, view.bytes(), copy.view().data);
  return copy;
}

Tensor Tensor::without_elements(DType dtype, Shape shape) { return Tensor(dtype, shape, 0); }

std::vector<int64_t> to_int64(const TensorView& tensor) {
  if (tensor.dtype == DType::s64) {
    const auto values = tensor.span<int64_t>();
    return {values.begin(), values.end()};
  }
  require(tensor.dtype == DType::s32, ErrorCode::invalid_graph, "expected an integer tensor, got {}",
          dtype_name(tensor.dtype));
  const auto values = tensor.span<int32_t>();
  return {values.begin(), values.end()};
}

}  // namespace octavo
