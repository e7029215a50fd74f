#include "onnx/model_builder.h"

#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <iterator>

#include "graph/op_def.h"

namespace octavo::onnx {

using protozero::pbf_writer;

namespace {

void add(pbf_writer& out, uint32_t field, std::string_view string) {
  out.add_string(field, string.data(), string.size());
}

Bytes attribute_of(std::string_view name, attribute_proto::Type type, const Fill& fill) {
  return message([&](pbf_writer& out) {
    add(out, attribute_proto::name, name);
    fill(out);
    out.add_enum(attribute_proto::type, static_cast<int32_t>(type));
  });
}

}  // namespace

Bytes message(const Fill& fill) {
  Bytes bytes;
  pbf_writer out(bytes);
  fill(out);
  return bytes;
}

Bytes tensor(std::string_view name, int32_t data_type, const std::vector<int64_t>& dims, const Fill& fill) {
  return message([&](pbf_writer& out) {
    for (int64_t dim : dims) out.add_int64(tensor_proto::dims, dim);
    out.add_int32(tensor_proto::data_type, data_type);
    fill(out);
    add(out, tensor_proto::name, name);
  });
}

Bytes float_tensor(std::string_view name, const std::vector<int64_t>& dims,
                   const std::vector<float>& values) {
  return tensor(name, kFloat, dims, [&](pbf_writer& out) {
    out.add_packed_float(tensor_proto::float_data, values.begin(), values.end());
  });
}

Bytes int64_tensor(std::string_view name, const std::vector<int64_t>& dims,
                   const std::vector<int64_t>& values) {
  return tensor(name, kInt64, dims, [&](pbf_writer& out) {
    out.add_packed_int64(tensor_proto::int64_data, values.begin(), values.end());
  });
}

Bytes value_info(std::string_view name, int32_t data_type, const std::vector<int64_t>& dims) {
  const Bytes shape = message([&](pbf_writer& out) {
    for (int64_t dim : dims) {
      const auto fill = [&](pbf_writer& d) {
        if (dim != -1) d.add_int64(dim_proto::dim_value, dim);
      };
      out.add_message(shape_proto::dim, message(fill));
    }
  });
  return message([&](pbf_writer& out) {
    add(out, value_info_proto::name, name);
    pbf_writer type(out, value_info_proto::type);
    pbf_writer tensor_type(type, type_proto::tensor_type);
    tensor_type.add_int32(tensor_type_proto::elem_type, data_type);
    tensor_type.add_message(tensor_type_proto::shape, shape);
  });
}

Bytes attribute(std::string_view name, int64_t value) {
  return attribute_of(name, attribute_proto::Type::i,
                      [&](pbf_writer& out) { out.add_int64(attribute_proto::i, value); });
}

Bytes attribute(std::string_view name, float value) {
  return attribute_of(name, attribute_proto::Type::f,
                      [&](pbf_writer& out) { out.add_float(attribute_proto::f, value); });
}

Bytes attribute(std::string_view name, std::string_view value) {
  return attribute_of(name, attribute_proto::Type::s,
                      [&](pbf_writer& out) { add(out, attribute_proto::s, value); });
}

Bytes attribute(std::string_view name, const std::vector<int64_t>& values) {
  return attribute_of(name, attribute_proto::Type::ints, [&](pbf_writer& out) {
    for (int64_t value : values) out.add_int64(attribute_proto::ints, value);
  });
}

Bytes attribute(std::string_view name, const std::vector<float>& values) {
  return attribute_of(name, attribute_proto::Type::floats, [&](pbf_writer& out) {
    out.add_packed_float(attribute_proto::floats, values.begin(), values.end());
  });
}

Bytes tensor_attribute(std::string_view name, const Bytes& tensor) {
  return attribute_of(name, attribute_proto::Type::tensor,
                      [&](pbf_writer& out) { out.add_message(attribute_proto::t, tensor); });
}

Bytes node(std::string_view op_type, const std::vector<std::string>& inputs,
           const std::vector<std::string>& outputs, const std::vector<Bytes>& attributes,
           std::string_view name) {
  return message([&](pbf_writer& out) {
    for (const std::string& input : inputs) out.add_string(node_proto::input, input);
    for (const std::string& output : outputs) out.add_string(node_proto::output, output);
    if (!name.empty()) add(out, node_proto::name, name);
    add(out, node_proto::op_type, op_type);
    for (const Bytes& attribute : attributes) out.add_message(node_proto::attribute, attribute);
  });
}

Bytes ModelBuilder::bytes() const {
  return message([&](pbf_writer& out) {
    out.add_int64(model_proto::ir_version, ir_version);
    out.add_string(model_proto::producer_name, "builder");
    {
      pbf_writer graph(out, model_proto::graph);
      graph.add_string(graph_proto::name, "g");
      for (const Bytes& bytes : nodes) graph.add_message(graph_proto::node, bytes);
      for (const Bytes& bytes : initializers) graph.add_message(graph_proto::initializer, bytes);
      for (const Bytes& bytes : inputs) graph.add_message(graph_proto::input, bytes);
      for (const Bytes& bytes : outputs) graph.add_message(graph_proto::output, bytes);
      for (const Bytes& bytes : value_infos) graph.add_message(graph_proto::value_info, bytes);
      if (more_graph) more_graph(graph);
    }
    if (opset != 0) {
      pbf_writer import(out, model_proto::opset_import);
      import.add_int64(opset_proto::version, opset);
    }
    if (more_model) more_model(out);
  });
}

Model ModelBuilder::read() const { return onnx::read(bytes()); }

Model read(std::string_view bytes) { return read_model(std::as_bytes(std::span(bytes))); }

Error failure(std::string_view bytes) {
  try {
    read(bytes);
  } catch (const Error& error) {
    return error;
  }
  return Error(ErrorCode::invalid_input, "");
}

const Node& the_node(const Graph& graph, std::string_view op) {
  const Node* found = nullptr;
  for (const Node& node : graph.nodes)
    if (node.op->name == op) {
      REQUIRE(found == nullptr);
      found = &node;
    }
  REQUIRE(found != nullptr);
  return *found;
}

Bytes read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file.good());
  return Bytes(std::istreambuf_iterator<char>(file), {});
}

}  // namespace octavo::onnx
