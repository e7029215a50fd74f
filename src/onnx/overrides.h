// Initializers that a file lists among its inputs, and what the caller gives in their places.
#pragma once

#include "onnx/model.h"
#include "onnx/value_reader.h"

namespace octavo::onnx {

class Overrides {
 public:
  // Lists in `overridable` what may be overridden.
  Overrides(std::span<const NamedTensor> given, std::vector<Value>& overridable)
      : given_(given), overridable_(overridable) {}

  // The tensor that is given for the initializer of that name, or `initializer`. Lists it under the type of the input;
  // what the file does not say of that is as the initializer has it. Throws Error(invalid_input) for a tensor of
  // another type.
  ConstantTensor apply(const ValueInfo& input, ConstantTensor initializer);
  // Throws Error(invalid_input) where one is given that is not listed.
  void check_names() const;

 private:
  std::span<const NamedTensor> given_;
  std::vector<Value>& overridable_;
};

}  // namespace octavo::onnx
