// TensorProto: initializers and tensor attributes.
#pragma once

#include <string_view>

#include "onnx/big_tensors.h"
#include "onnx/wire.h"
#include "tensor/tensor.h"

namespace octavo::onnx {

// The name of a TensorProto.
std::string_view read_tensor_name(pbf_reader message);

// The tensor, from raw_data or from the typed field of its data type. float16 and bfloat16 are widened to float32.
// `what` names the tensor in errors. Memory is taken only after the data was seen to be there. Large ones stay in their
// file, which may be an external one, when there is a place to list them. Throws Error(invalid_model) where data and
// dimensions disagree, Error(unsupported) for segments and data types that Octavo lacks, and for external data
// where there is no such place.
ConstantTensor read_tensor(pbf_reader message, std::string_view what, BigTensors* big = nullptr);

// A copy of a tensor in the form in which read_tensor gives it.
ConstantTensor as_if_read(const TensorView& tensor);

// The TensorProto.DataType of a TensorProto.
int64_t read_data_type(pbf_reader message);

// The file in which a TensorProto keeps its elements; "" where it has them itself.
std::string_view external_location(pbf_reader message);

// Throws Error(unsupported), naming `what`, for a dimension too many.
void append_dimension(Shape& shape, int64_t dim, std::string_view what);

// Throws Error(invalid_model), naming `what`, unless the shape is addressable.
void check_shape(const Shape& shape, DType dtype, std::string_view what);

}  // namespace octavo::onnx
