// ValueInfoProto: names, dtypes and shapes of graph inputs, outputs and intermediate values.
#pragma once

#include <string_view>

#include "graph/graph.h"
#include "onnx/wire.h"

namespace octavo::onnx {

// A ValueInfoProto with its TypeProto still to be read. `has_type` is false where the file gives none.
struct ValueInfo {
  std::string_view name;
  bool has_type = false;
  pbf_reader type;
};

ValueInfo read_value_info(pbf_reader message);

// Sets dtype, shape and dim_names of a value from a TypeProto. A dimension that is missing, negative or 0 (exporters
// write both for "unknown") is dynamic. A tensor type without shape leaves the rank unknown.
// Returns the TensorProto.DataType, 0 where there is none. Throws Error(unsupported) for types other than tensors, and
// as dtype_of_data_type and check_shape do.
int64_t read_type(pbf_reader type, Value& value);

}  // namespace octavo::onnx
