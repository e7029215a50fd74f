#include "onnx/overrides.h"

#include <algorithm>

#include "base/error.h"
#include "onnx/tensor_reader.h"

namespace octavo::onnx {

namespace {

// A dimension that the file leaves open may be any. As a feed of a 16-bit float may be float32, so may this be.
bool fits(const TensorView& tensor, const Value& input) {
  const bool is_half = input.dtype == DType::f16 || input.dtype == DType::bf16;
  if (tensor.dtype != input.dtype && !(is_half && tensor.dtype == DType::f32)) return false;
  return std::ranges::equal(tensor.shape.dims, input.shape->dims,
                            [](int64_t given, int64_t dim) { return dim == kDynamic || dim == given; });
}

}  // namespace

ConstantTensor Overrides::apply(const ValueInfo& input, ConstantTensor initializer) {
  Value value;
  value.name = input.name;
  if (input.has_type) read_type(input.type, value);
  if (!value.dtype) value.dtype = initializer->dtype();
  if (!value.shape) value.shape = initializer->shape();
  const auto given = std::ranges::find(given_, input.name, &NamedTensor::name);
  if (given != given_.end()) {
    require(fits(given->tensor, value), ErrorCode::invalid_input,
            "initializer '{}' is {} of shape {}, not {} of shape {}", value.name, dtype_name(*value.dtype),
            *value.shape, dtype_name(given->tensor.dtype), given->tensor.shape);
    initializer = as_if_read(given->tensor);
  }
  overridable_.push_back(std::move(value));
  return initializer;
}

void Overrides::check_names() const {
  for (const NamedTensor& given : given_)
    require(std::ranges::find(overridable_, given.name, &Value::name) != overridable_.end(),
            ErrorCode::invalid_input,
            "the model has no initializer '{}' that may be overridden: one that is listed among the inputs, "
            "from IR version 4 on",
            given.name);
}

}  // namespace octavo::onnx
