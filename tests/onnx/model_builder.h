// Puts ModelProtos together field by field, well-formed and otherwise, for tests of the reader.
#pragma once

#include <cstdint>
#include <functional>
#include <protozero/pbf_writer.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "onnx/fields.h"
#include "onnx/model.h"

namespace octavo::onnx {

// A serialized message.
using Bytes = std::string;
using Fill = std::function<void(protozero::pbf_writer&)>;

Bytes message(const Fill& fill);

// TensorProto.DataType
enum : int32_t {
  kFloat = 1,
  kUint8 = 2,
  kInt8 = 3,
  kInt32 = 6,
  kInt64 = 7,
  kString = 8,
  kBool = 9,
  kHalf = 10
};

// A TensorProto; `fill` adds the elements.
Bytes tensor(std::string_view name, int32_t data_type, const std::vector<int64_t>& dims, const Fill& fill);
Bytes float_tensor(std::string_view name, const std::vector<int64_t>& dims, const std::vector<float>& values);
Bytes int64_tensor(std::string_view name, const std::vector<int64_t>& dims,
                   const std::vector<int64_t>& values);

// A ValueInfoProto of a tensor. A dimension of -1 has neither value nor name.
Bytes value_info(std::string_view name, int32_t data_type, const std::vector<int64_t>& dims);

// An AttributeProto: integer, float, string, lists of the first two, tensor.
Bytes attribute(std::string_view name, int64_t value);
Bytes attribute(std::string_view name, float value);
Bytes attribute(std::string_view name, std::string_view value);
Bytes attribute(std::string_view name, const std::vector<int64_t>& values);
Bytes attribute(std::string_view name, const std::vector<float>& values);
Bytes tensor_attribute(std::string_view name, const Bytes& tensor);

// A NodeProto.
Bytes node(std::string_view op_type, const std::vector<std::string>& inputs,
           const std::vector<std::string>& outputs, const std::vector<Bytes>& attributes = {},
           std::string_view name = "");

// A ModelProto with the float input "x" of shape [2,3] and the output "y".
struct ModelBuilder {
  int64_t opset = kOpset;
  int64_t ir_version = 8;
  std::vector<Bytes> inputs = {value_info("x", kFloat, {2, 3})};
  std::vector<Bytes> outputs = {value_info("y", kFloat, {2, 3})};
  std::vector<Bytes> nodes, initializers, value_infos;
  Fill more_model, more_graph;  // further fields

  Bytes bytes() const;
  Model read() const;
};

Model read(std::string_view bytes);

// The Error that reading throws; one with an empty message when it does not.
Error failure(std::string_view bytes);
inline Error failure(const ModelBuilder& model) { return failure(model.bytes()); }

// The one node of that operator; fails the test when there is none.
const Node& the_node(const Graph& graph, std::string_view op);

// The contents of a file.
Bytes read_file(const std::string& path);

}  // namespace octavo::onnx
