// Field numbers of the ONNX messages that Octavo reads or writes (onnx.proto3, ONNX 1.18), one namespace a message.
#pragma once

#include <cstdint>

namespace octavo::onnx {

namespace model_proto {
enum : uint32_t {
  ir_version = 1,
  producer_name = 2,
  producer_version = 3,
  doc_string = 6,
  graph = 7,
  opset_import = 8,
  metadata_props = 14,
  functions = 25,
};
}
namespace opset_proto {
enum : uint32_t { domain = 1, version = 2 };
}
namespace function_proto {
enum : uint32_t { name = 1, domain = 10 };
}
namespace entry_proto {  // StringStringEntryProto
enum : uint32_t { key = 1, value = 2 };
}
namespace graph_proto {
enum : uint32_t {
  node = 1,
  name = 2,
  initializer = 5,
  input = 11,
  output = 12,
  value_info = 13,
  sparse_initializer = 15,
};
}
namespace node_proto {
enum : uint32_t {
  input = 1,
  output = 2,
  name = 3,
  op_type = 4,
  attribute = 5,
  domain = 7,
  metadata_props = 9
};
}
namespace attribute_proto {
enum : uint32_t { name = 1, f = 2, i = 3, s = 4, t = 5, g = 6, floats = 7, ints = 8, strings = 9, type = 20 };
// AttributeProto.AttributeType
enum class Type : int32_t { undefined, f, i, s, tensor, graph, floats, ints, strings };
}  // namespace attribute_proto
namespace value_info_proto {
enum : uint32_t { name = 1, type = 2 };
}
namespace type_proto {
enum : uint32_t { tensor_type = 1 };
}
namespace tensor_type_proto {
enum : uint32_t { elem_type = 1, shape = 2 };
}
namespace shape_proto {
enum : uint32_t { dim = 1 };
}
namespace dim_proto {
enum : uint32_t { dim_value = 1, dim_param = 2 };
}
namespace tensor_proto {
enum : uint32_t {
  dims = 1,
  data_type = 2,
  segment = 3,
  float_data = 4,
  int32_data = 5,
  int64_data = 7,
  name = 8,
  raw_data = 9,
  double_data = 10,
  uint64_data = 11,
  external_data = 13,
  data_location = 14,
};
}

}  // namespace octavo::onnx
