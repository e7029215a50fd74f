#include <algorithm>
#include <map>
#include <protozero/pbf_writer.hpp>

#include "base/error.h"
#include "graph/names.h"
#include "graph/op_def.h"
#include "graph/qdq.h"
#include "onnx/data_type.h"
#include "onnx/fields.h"
#include "onnx/half_storage.h"
#include "onnx/matmul_n_bits.h"
#include "onnx/metadata.h"
#include "onnx/model.h"

namespace octavo::onnx {

namespace {

using protozero::pbf_writer;

// protozero leaves an empty submessage out, but a shape without dimensions and a dimension without size mean something.
void add_empty_message(pbf_writer& parent, uint32_t field) {
  parent.add_message(field, protozero::data_view());
}

void write_entry(pbf_writer entry, std::string_view key, std::string_view value) {
  entry.add_string(entry_proto::key, key.data(), key.size());
  entry.add_string(entry_proto::value, value.data(), value.size());
}

// int8 as integers of 4 bits, the first of two in the low ones.
std::string packed_nibbles(const Tensor& tensor) {
  const auto integers = tensor.span<int8_t>();
  std::string packed((integers.size() + 1) / 2, '\0');
  for (std::size_t i = 0; i < integers.size(); ++i)
    packed[i / 2] = static_cast<char>(packed[i / 2] | (integers[i] & 15) << i % 2 * 4);
  return packed;
}

// `data_type`: that of the tensor, or kInt4 or kFloat16.
void write_tensor(pbf_writer out, std::string_view name, const Tensor& tensor, int32_t data_type) {
  for (int64_t dim : tensor.shape().dims) out.add_int64(tensor_proto::dims, dim);
  out.add_int32(tensor_proto::data_type, data_type);
  out.add_string(tensor_proto::name, name.data(), name.size());
  if (data_type != data_type_of(tensor.dtype()))
    return out.add_bytes(tensor_proto::raw_data,
                         data_type == kInt4 ? packed_nibbles(tensor) : packed_halves(tensor));
  out.add_bytes(tensor_proto::raw_data, reinterpret_cast<const char*>(tensor.view().data), tensor.bytes());
}

struct AttributeWriter {
  pbf_writer& out;

  void type(attribute_proto::Type type) const {
    out.add_enum(attribute_proto::type, static_cast<int32_t>(type));
  }

  void operator()(int64_t number) const {
    out.add_int64(attribute_proto::i, number);
    type(attribute_proto::Type::i);
  }
  void operator()(float number) const {
    out.add_float(attribute_proto::f, number);
    type(attribute_proto::Type::f);
  }
  void operator()(const std::string& string) const {
    out.add_bytes(attribute_proto::s, string);
    type(attribute_proto::Type::s);
  }
  void operator()(const std::vector<int64_t>& numbers) const {
    for (int64_t number : numbers) out.add_int64(attribute_proto::ints, number);
    type(attribute_proto::Type::ints);
  }
  void operator()(const std::vector<float>& numbers) const {
    for (float number : numbers) out.add_float(attribute_proto::floats, number);
    type(attribute_proto::Type::floats);
  }
  void operator()(const std::vector<std::string>& strings) const {
    for (const std::string& string : strings) out.add_bytes(attribute_proto::strings, string);
    type(attribute_proto::Type::strings);
  }
  void operator()(const ConstantTensor& tensor) const {
    write_tensor(pbf_writer(out, attribute_proto::t), "", *tensor, data_type_of(tensor->dtype()));
    type(attribute_proto::Type::tensor);
  }
};

// What a graph calls its values, in the file. A body has names of its own for what it takes from outside, and may not
// use those of the graphs around it for anything else.
class FileNames {
 public:
  FileNames(const Graph& graph, Storage storage)
      : storage_(storage), names_(graph.values.size()), is_outside_(graph.values.size()) {
    for (ValueId id = 0; id < graph.values.size(); ++id) taken_.take(names_[id] = graph[id].name);
    for (ValueId id : graph.outputs) outputs_.push_back(names_[id]);
    list_constants(graph);
  }
  FileNames(const Node& node, const Subgraph& body, const FileNames& outer)
      : storage_(outer.storage_),
        names_(body.graph.values.size()),
        is_outside_(body.graph.values.size()),
        taken_(&outer.taken_) {
    const Graph& graph = body.graph;
    const Uses uses(graph);
    for (uint32_t i = 0; i < body.captures; ++i)
      names_[graph.inputs[graph.inputs.size() - body.captures + i]] =
          outer[node.inputs[body.first_capture + i]];
    for (ValueId id = 0; id < graph.values.size(); ++id) {
      // What the graph around has, too, is its; but an output is the body's own.
      const auto shared = outer.constants_.find(graph[id].constant.get());
      if (shared != outer.constants_.end() && !uses.is_output[id]) names_[id] = outer[shared->second];
      is_outside_[id] = !names_[id].empty();
      if (names_[id].empty()) names_[id] = taken_.take_unique(graph[id].name);
    }
    for (ValueId id : graph.outputs)
      outputs_.push_back(is_outside_[id] ? taken_.take_unique(graph[id].name) : names_[id]);
    list_constants(graph);
  }

  const std::string& operator[](ValueId id) const { return names_[id]; }
  // Of output i: a body gives what it takes from outside under another name.
  const std::string& output(std::size_t i) const { return outputs_[i]; }
  // Whether the value is one of the graphs around this one.
  bool is_outside(ValueId id) const { return is_outside_[id]; }
  // Of the float16 that a Cast makes a constant of; empty where there is none.
  const std::string& half(ValueId id) const { return halves_[id]; }

 private:
  void list_constants(const Graph& graph) {
    halves_.resize(names_.size());
    if (storage_ == Storage::float16) {
      const Flags halves = find_halves(graph);
      for (const Node& node : graph.nodes) taken_.take(node.name);  // the Cast has the name, too
      for (ValueId id = 0; id < halves.size(); ++id)
        if (halves[id] && !is_outside_[id]) halves_[id] = taken_.take_unique(text("{}_float16", names_[id]));
    }
    // For the bodies that the graph has.
    if (std::ranges::all_of(graph.nodes, [](const Node& node) { return node.subgraphs.empty(); })) return;
    for (ValueId id = 0; id < graph.values.size(); ++id)
      if (graph[id].is_constant()) constants_.emplace(graph[id].constant.get(), id);
  }

  Storage storage_;
  std::vector<std::string> names_;    // by value
  std::vector<std::string> halves_;   // by value
  std::vector<std::string> outputs_;  // by output
  Flags is_outside_;                  // by value
  Names taken_;
  std::map<const Tensor*, ValueId> constants_;  // of a graph with bodies
};

// Which constants of a graph are written as integers of 4 bits: int8 that all who read it dequantize, and say so in
// their notes. A node's integers and zero points are both or neither. Bodies may share constants of the graph around
// them: then none are.
Flags find_nibbles(const Graph& graph, const FileNames& names) {
  Flags nibbles(graph.values.size());
  if (std::ranges::any_of(graph.nodes, [](const Node& node) { return !node.subgraphs.empty(); }))
    return nibbles;
  for (ValueId id = 0; id < graph.values.size(); ++id) {
    const ConstantTensor& constant = graph[id].constant;
    nibbles[id] = constant && !names.is_outside(id) && constant->dtype() == DType::s8 &&
                  std::ranges::all_of(constant->span<int8_t>(), [](int8_t i) { return is_int4({i, i}); });
  }
  for (ValueId id : graph.outputs) nibbles[id] = false;
  for (bool is_settled = false; !is_settled;) {
    is_settled = true;
    for (const Node& node : graph.nodes) {
      const bool is_kept = is_dequantize(node) && nibbles[node.inputs[0]] &&
                           (!node.has_input(2) || nibbles[node.inputs[2]]) &&
                           is_int4(integer_range(node, DType::s8));
      for (ValueId id : node.inputs) {
        if (is_kept || id == kNoValue || !nibbles[id]) continue;
        nibbles[id] = is_settled = false;
      }
    }
  }
  return nibbles;
}

// As which TensorProto.DataType a constant is an initializer of the graph; 0: it is none.
Flags find_initializers(const Graph& graph, const Uses& uses, const FileNames& names) {
  Flags types = find_nibbles(graph, names);
  for (ValueId id = 0; id < graph.values.size(); ++id) {
    const ConstantTensor& constant = graph[id].constant;
    if (!constant || names.is_outside(id) || (uses.consumers[id].empty() && !uses.is_output[id]))
      types[id] = 0;
    else
      types[id] = static_cast<uint8_t>(types[id]                 ? kInt4
                                       : !names.half(id).empty() ? kFloat16
                                                                 : data_type_of(constant->dtype()));
  }
  return types;
}

void write_graph(pbf_writer out, const Graph& graph, const FileNames& names);

void write_bodies(pbf_writer& out, const Node& node, const FileNames& names) {
  std::size_t body = 0;
  for (const AttrDef& attribute : node.op->attributes) {
    if (attribute.kind != AttrKind::graph) continue;
    pbf_writer message(out, node_proto::attribute);
    const std::string_view name = attribute.name;
    message.add_string(attribute_proto::name, name.data(), name.size());
    const Subgraph& subgraph = node.subgraphs[body++];
    write_graph(pbf_writer(message, attribute_proto::g), subgraph.graph, FileNames(node, subgraph, names));
    AttributeWriter{message}.type(attribute_proto::Type::graph);
  }
}

void write_node(pbf_writer out, const Node& node, const FileNames& names) {
  const auto name_of = [&](ValueId id) { return id == kNoValue ? std::string_view() : names[id]; };
  require(!node.op->is_own(), ErrorCode::unsupported, "this operator is not part of ONNX");
  // Captures are no inputs in a file.
  const std::size_t inputs = node.subgraphs.empty() ? node.inputs.size() : node.subgraphs[0].first_capture;
  std::span<const ValueId> outputs = node.outputs;
  while (!outputs.empty() && outputs.back() == kNoValue) outputs = outputs.first(outputs.size() - 1);
  for (ValueId id : std::span(node.inputs).first(inputs))
    out.add_string(node_proto::input, name_of(id).data(), name_of(id).size());
  for (ValueId id : outputs) out.add_string(node_proto::output, name_of(id).data(), name_of(id).size());
  out.add_string(node_proto::name, node.name);
  out.add_string(node_proto::op_type, node.op->type().data(), node.op->type().size());
  if (!node.op->is_default_domain())
    out.add_string(node_proto::domain, node.op->domain().data(), node.op->domain().size());
  Attrs attrs = node.attrs;
  attrs.put_in_order(node.op->attributes);
  for (const auto& [name, value] : attrs) {
    pbf_writer attribute(out, node_proto::attribute);
    attribute.add_string(attribute_proto::name, name);
    std::visit(AttributeWriter{attribute}, value);
  }
  write_bodies(out, node, names);
  for (const auto& [key, value] : notes_entries(node.notes))
    write_entry(pbf_writer(out, node_proto::metadata_props), key, value);
}

void write_shape(pbf_writer& tensor_type, const Value& value) {
  if (value.shape->rank() == 0) return add_empty_message(tensor_type, tensor_type_proto::shape);
  pbf_writer shape(tensor_type, tensor_type_proto::shape);
  for (int axis = 0; axis < value.shape->rank(); ++axis) {
    const int64_t size = (*value.shape)[axis];
    const bool is_named =
        static_cast<std::size_t>(axis) < value.dim_names.size() && !value.dim_names[axis].empty();
    if (size == kDynamic && !is_named) {
      add_empty_message(shape, shape_proto::dim);
      continue;
    }
    pbf_writer dim(shape, shape_proto::dim);
    if (size == kDynamic)
      dim.add_string(dim_proto::dim_param, value.dim_names[axis]);
    else
      dim.add_int64(dim_proto::dim_value, size);
  }
}

// A node of one input and one output, which are those of no node of the graph.
void write_node(pbf_writer& out, std::string_view op_type, const std::string& input,
                const std::string& output, const std::string& name) {
  out.add_string(node_proto::input, input);
  out.add_string(node_proto::output, output);
  out.add_string(node_proto::name, name);
  out.add_string(node_proto::op_type, op_type.data(), op_type.size());
}

void write_value_info(pbf_writer out, const Value& value, const std::string& name, bool with_shape = true) {
  out.add_string(value_info_proto::name, name);
  pbf_writer type(out, value_info_proto::type);
  pbf_writer tensor_type(type, type_proto::tensor_type);
  if (value.dtype) tensor_type.add_enum(tensor_type_proto::elem_type, data_type_of(*value.dtype));
  if (with_shape && value.shape) write_shape(tensor_type, value);
}

void write_opset(pbf_writer out, std::string_view domain, int64_t version) {
  out.add_string(opset_proto::domain, domain.data(), domain.size());
  out.add_int64(opset_proto::version, version);
}

// By domain other than the default one: the opset that its operators need.
void add_other_opsets(const Graph& graph, std::map<std::string_view, int>& opsets) {
  for (const Node& node : graph.nodes) {
    for (const Subgraph& body : node.subgraphs) add_other_opsets(body.graph, opsets);
    if (node.op->is_default_domain()) continue;
    int& version = opsets[node.op->domain()];
    version = std::max(version, node.op->since);
  }
}

// The opset of the default domain that has all operators of a graph, at least `opset`.
int64_t opset_for(const Graph& graph, int64_t opset) {
  for (const Node& node : graph.nodes) {
    for (const Subgraph& body : node.subgraphs) opset = opset_for(body.graph, opset);
    if (node.op->is_default_domain()) opset = std::max<int64_t>(opset, node.op->since);
  }
  return opset;
}

void write_graph(pbf_writer out, const Graph& graph, const FileNames& names) {
  const Uses uses(graph);
  const Flags initializers = find_initializers(graph, uses, names);
  for (ValueId id = 0; id < graph.values.size(); ++id) {
    if (initializers[id] == 0 || names.half(id).empty()) continue;
    pbf_writer cast(out, graph_proto::node);
    write_node(cast, "Cast", names.half(id), names[id], names.half(id));
    pbf_writer attribute(cast, node_proto::attribute);
    attribute.add_string(attribute_proto::name, "to");
    AttributeWriter{attribute}(int64_t{data_type_of(DType::f32)});
  }
  for (const Node& node : graph.nodes) {
    try {
      write_node(pbf_writer(out, graph_proto::node), node, names);
    } catch (Error& error) {
      error.at_node(node.name, node.op->name);
      throw;
    }
  }
  for (std::size_t i = 0; i < graph.outputs.size(); ++i) {
    const ValueId id = graph.outputs[i];
    if (!names.is_outside(id)) continue;
    pbf_writer identity(out, graph_proto::node);
    write_node(identity, "Identity", names[id], names.output(i), names.output(i));
  }
  out.add_string(graph_proto::name, graph.name.empty() ? "octavo" : graph.name);
  // Those behind a Cast last, which is their order when the file is read.
  for (const bool are_halves : {false, true})
    for (ValueId id = 0; id < graph.values.size(); ++id) {
      if (initializers[id] == 0 || names.half(id).empty() == are_halves) continue;
      const Tensor& constant = *graph[id].constant;
      write_tensor(pbf_writer(out, graph_proto::initializer), are_halves ? names.half(id) : names[id],
                   constant, initializers[id]);
      constant.give_back();
    }
  for (ValueId id : graph.inputs)
    if (!names.is_outside(id)) write_value_info(pbf_writer(out, graph_proto::input), graph[id], names[id]);
  for (std::size_t i = 0; i < graph.outputs.size(); ++i)
    write_value_info(pbf_writer(out, graph_proto::output), graph[graph.outputs[i]], names.output(i));
  // In the order of nodes, which is what survives reading the file again.
  for (const Node& node : graph.nodes) {
    // A reader that does not know what the notes say may infer other shapes.
    const bool with_shape = node.notes.empty();
    for (ValueId id : node.outputs) {
      if (id == kNoValue || uses.is_output[id] || !graph[id].dtype) continue;
      if ((with_shape && graph[id].shape) || graph[id].dtype != DType::f32)
        write_value_info(pbf_writer(out, graph_proto::value_info), graph[id], names[id], with_shape);
    }
  }
}

void add_tensor_bytes(const Graph& graph, const FileNames& names, TensorBytes& sizes) {
  const Uses uses(graph);
  const Flags initializers = find_initializers(graph, uses, names);
  for (ValueId id = 0; id < graph.values.size(); ++id) {
    if (initializers[id] == 0) continue;
    const bool is_qparam = std::ranges::any_of(uses.consumers[id], [&](uint32_t n) {
      return is_qdq(graph.nodes[n]) && graph.nodes[n].inputs[0] != id;
    });
    sizes.add(initializers[id], is_qparam, graph[id].constant->shape().elements());
  }
  for (const Node& node : graph.nodes)
    for (const Subgraph& body : node.subgraphs)
      add_tensor_bytes(body.graph, FileNames(node, body, names), sizes);
}

// The file's size without tensors, but for a few bytes a node.
uint64_t estimate_size(const Graph& graph) {
  uint64_t size = 4096 + 256 * graph.nodes.size() + 64 * graph.values.size();
  for (const Node& node : graph.nodes)
    for (const Subgraph& body : node.subgraphs) size += estimate_size(body.graph);
  return size;
}

}  // namespace

TensorBytes tensor_bytes_of(const Graph& graph) {
  TensorBytes sizes;
  add_tensor_bytes(graph, FileNames(graph, Storage::float32), sizes);
  return sizes;
}

std::string write_model(const Model& model, FileForm form) {
  const bool is_packed = form.weights == WeightsForm::matmul_n_bits;
  const Graph packed = is_packed ? with_matmul_n_bits(model.graph) : Graph();
  const Graph& graph = is_packed ? packed : model.graph;
  const FileNames names(graph, form.storage);
  TensorBytes tensors;
  add_tensor_bytes(graph, names, tensors);
  uint64_t size = estimate_size(graph);
  for (uint64_t bytes : tensors.by_kind) size += bytes;
  require(size < (uint64_t{1} << 31), ErrorCode::unsupported,
          "the model is larger than the 2 GiB of an ONNX file");
  std::string file;
  file.reserve(static_cast<std::size_t>(size));
  pbf_writer out(file);
  const int64_t opset = opset_for(graph, kOpset);
  // The IR versions that came with opsets 23 and 24: they only add element types.
  out.add_int64(model_proto::ir_version, opset <= kOpset ? kIrVersion
                                         : opset < 24    ? kIrVersion + 1
                                                         : kIrVersion + 2);
  out.add_string(model_proto::producer_name, "octavo");
  if (!model.doc.empty()) out.add_string(model_proto::doc_string, model.doc);
  write_graph(pbf_writer(out, model_proto::graph), graph, names);
  write_opset(pbf_writer(out, model_proto::opset_import), "", opset);
  std::map<std::string_view, int> others;
  add_other_opsets(graph, others);
  for (const auto& [domain, version] : others)
    write_opset(pbf_writer(out, model_proto::opset_import), domain, version);
  for (const auto& [key, value] : model.metadata_props)
    write_entry(pbf_writer(out, model_proto::metadata_props), key, value);
  return file;
}

}  // namespace octavo::onnx
