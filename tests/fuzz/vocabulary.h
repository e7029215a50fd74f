// The words that mean something to Octavo in a file.
#pragma once

#include <string_view>

#include "onnx/fields.h"

namespace octavo::fuzz {

inline constexpr std::string_view kOperators[] = {
    "Add",
    "AveragePool",
    "BatchNormalization",
    "Cast",
    "Clip",
    "Concat",
    "Constant",
    "ConstantOfShape",
    "Conv",
    "DequantizeLinear",
    "Div",
    "Dropout",
    "DynamicQuantizeLinear",
    "Exp",
    "Flatten",
    "Gather",
    "Gemm",
    "GlobalAveragePool",
    "GlobalMaxPool",
    "HardSigmoid",
    "HardSwish",
    "Identity",
    "LeakyRelu",
    "MatMul",
    "MaxPool",
    "Mul",
    "Pad",
    "Pow",
    "QuantizeLinear",
    "ReduceMean",
    "Relu",
    "Reshape",
    "Shape",
    "Sigmoid",
    "Slice",
    "Softmax",
    "Sqrt",
    "Squeeze",
    "Sub",
    "Tanh",
    "Transpose",
    "Unsqueeze",
};

struct AttributeName {
  std::string_view name;
  onnx::attribute_proto::Type type;
};

// With the type that an operator expects. Also the names that passes give to attributes of their own.
using enum onnx::attribute_proto::Type;
inline constexpr AttributeName kAttributes[] = {
    {"activation_max", f},
    {"activation_min", f},
    {"allowzero", i},
    {"alpha", f},
    {"auto_pad", s},
    {"axes", ints},
    {"axis", i},
    {"beta", f},
    {"block_size", i},
    {"ceil_mode", i},
    {"channels_last", i},
    {"count_include_pad", i},
    {"dilations", ints},
    {"end", i},
    {"ends", ints},
    {"epsilon", f},
    {"group", i},
    {"id", i},
    {"keepdims", i},
    {"kernel_shape", ints},
    {"max", f},
    {"min", f},
    {"mode", s},
    {"noop_with_empty_axes", i},
    {"output_dtype", i},
    {"pads", ints},
    {"perm", ints},
    {"precision", i},
    {"qmax", i},
    {"qmin", i},
    {"ratio", f},
    {"saturate", i},
    {"spatial", i},
    {"start", i},
    {"starts", ints},
    {"storage_order", i},
    {"strides", ints},
    {"to", i},
    {"training_mode", i},
    {"transA", i},
    {"transB", i},
    {"value", tensor},
};

inline constexpr std::string_view kStrings[] = {
    "NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER", "constant", "edge", "reflect", "wrap", "row",
};

}  // namespace octavo::fuzz
