#include "onnx/value_reader.h"

#include "base/error.h"
#include "onnx/data_type.h"
#include "onnx/fields.h"
#include "onnx/tensor_reader.h"

namespace octavo::onnx {

namespace {

void read_dimension(pbf_reader message, Value& value, std::string_view what) {
  int64_t size = kDynamic;
  std::string_view name;
  while (next_field(message)) switch (message.tag_and_type()) {
      case varint(dim_proto::dim_value): size = message.get_int64(); break;
      case bytes(dim_proto::dim_param): name = read_string(message); break;
      default: message.skip();
    }
  append_dimension(*value.shape, size > 0 ? size : kDynamic, what);
  value.dim_names.emplace_back(name);
}

int64_t read_tensor_type(pbf_reader message, Value& value, std::string_view what) {
  int64_t elem_type = 0;
  while (next_field(message)) switch (message.tag_and_type()) {
      case varint(tensor_type_proto::elem_type): elem_type = message.get_int32(); break;
      case bytes(tensor_type_proto::shape): {
        value.shape.emplace();
        value.dim_names.clear();
        pbf_reader shape = message.get_message();
        while (next_field(shape, bytes(shape_proto::dim))) read_dimension(shape.get_message(), value, what);
        break;
      }
      default: message.skip();
    }
  constexpr int64_t kUndefined = 0;
  if (elem_type != kUndefined) value.dtype = dtype_of_data_type(elem_type, what);
  if (value.shape) check_shape(*value.shape, value.dtype.value_or(DType::u8), what);
  return elem_type;
}

}  // namespace

ValueInfo read_value_info(pbf_reader message) {
  ValueInfo info;
  while (next_field(message)) switch (message.tag_and_type()) {
      case bytes(value_info_proto::name): info.name = read_string(message); break;
      case bytes(value_info_proto::type):
        info.has_type = true;
        info.type = message.get_message();
        break;
      default: message.skip();
    }
  return info;
}

int64_t read_type(pbf_reader type, Value& value) {
  const std::string what = text("value '{}'", value.name);
  // Exporters write an empty type for one that they do not know.
  if (type.length() == 0) return 0;
  require(next_field(type, bytes(type_proto::tensor_type)), ErrorCode::unsupported, "{} is not a tensor",
          what);
  return read_tensor_type(type.get_message(), value, what);
}

}  // namespace octavo::onnx
