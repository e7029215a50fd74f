#include "onnx/big_tensors.h"

#include <cstring>

namespace octavo::onnx {

ConstantTensor BigTensors::add(DType dtype, const Shape& shape, std::string_view raw) {
  const auto offset =
      static_cast<std::size_t>(raw.data() - reinterpret_cast<const char*>(file_.bytes().data()));
  const auto restore = [&file = file_, offset](const TensorView& elements) {
    std::memcpy(elements.data, file.bytes().data() + offset, elements.bytes());
  };
  auto tensor = std::make_shared<const Tensor>(Tensor::restored_on_demand(dtype, shape, restore));
  entries_.push_back({tensor, offset});
  return tensor;
}

void BigTensors::move_out() {
  for (; !entries_.empty(); entries_.pop_back()) {
    entries_.back().tensor->keep();
    file_.shrink(entries_.back().offset);
  }
}

}  // namespace octavo::onnx
