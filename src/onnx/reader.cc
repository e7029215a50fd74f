#include <algorithm>
#include <new>
#include <optional>
#include <protozero/exception.hpp>

#include "base/error.h"
#include "onnx/fields.h"
#include "onnx/graph_reader.h"
#include "onnx/model.h"
#include "onnx/tensor_reader.h"
#include "onnx/wire.h"

namespace octavo::onnx {

namespace {

// Sets the opset if the OperatorSetIdProto is that of the default domain.
void read_opset(pbf_reader message, std::optional<int64_t>& opset) {
  std::string_view domain;
  int64_t version = 0;
  while (next_field(message)) switch (message.tag_and_type()) {
      case bytes(opset_proto::domain): domain = read_string(message); break;
      case varint(opset_proto::version): version = message.get_int64(); break;
      default: message.skip();
    }
  if (is_default_domain(domain)) opset = version;
}

// Functions of other domains are reported at the nodes that call them. One in the default domain would redefine an
// operator.
void check_function(pbf_reader message) {
  std::string_view name, domain;
  while (next_field(message)) switch (message.tag_and_type()) {
      case bytes(function_proto::name): name = read_string(message); break;
      case bytes(function_proto::domain): domain = read_string(message); break;
      default: message.skip();
    }
  require(!is_default_domain(domain), ErrorCode::unsupported,
          "the model redefines the operator {} by a function, which is not supported", name);
}

void check_versions(const Model& model, const std::optional<int64_t>& opset) {
  require(model.ir_version != 0, ErrorCode::invalid_model,
          "the file is not an ONNX model: it names no IR version");
  require(model.ir_version >= 3, ErrorCode::unsupported, "IR version {} is not supported; the oldest is 3",
          model.ir_version);
  require(opset.has_value(), ErrorCode::invalid_model, "the model names no opset of the default domain");
  require(*opset >= kOldestOpset && *opset <= kNewestOpset, ErrorCode::unsupported,
          "opset {} is not supported; the oldest is {} and the newest {}", *opset, kOldestOpset,
          kNewestOpset);
}

Model read_proto(pbf_reader message, BigTensors& big, std::span<const NamedTensor> initializers) {
  Model model;
  model.ir_version = 0;
  model.producer_name.clear();
  std::optional<int64_t> opset;
  std::optional<pbf_reader> graph;
  while (next_field(message)) switch (message.tag_and_type()) {
      case varint(model_proto::ir_version): model.ir_version = message.get_int64(); break;
      case bytes(model_proto::producer_name): model.producer_name = read_string(message); break;
      case bytes(model_proto::producer_version): model.producer_version = read_string(message); break;
      case bytes(model_proto::doc_string): model.doc = read_string(message); break;
      case bytes(model_proto::opset_import): read_opset(message.get_message(), opset); break;
      case bytes(model_proto::metadata_props):
        model.metadata_props.emplace_back(read_entry(message.get_message()));
        break;
      case bytes(model_proto::functions): check_function(message.get_message()); break;
      case bytes(model_proto::graph):
        require(!graph, ErrorCode::invalid_model, "the file is damaged: it holds two graphs");
        graph = message.get_message();
        break;
      default: message.skip();
    }
  require(graph.has_value(), ErrorCode::invalid_model, "the file is not an ONNX model: it holds no graph");
  check_versions(model, opset);
  model.opset = *opset;
  read_graph(*graph, model, big, initializers);
  return model;
}

}  // namespace

std::vector<std::string> external_locations(std::span<const std::byte> file) try {
  std::vector<std::string> locations;
  pbf_reader message(reinterpret_cast<const char*>(file.data()), file.size());
  while (next_field(message, bytes(model_proto::graph))) {
    pbf_reader graph = message.get_message();
    while (next_field(graph, bytes(graph_proto::initializer))) {
      const std::string location(external_location(graph.get_message()));
      if (!location.empty() && std::ranges::find(locations, location) == locations.end())
        locations.push_back(location);
    }
  }
  return locations;
} catch (const protozero::exception&) {
  return {};
}

Model read_model(FileMemory file, std::vector<ExternalFile> externals,
                 std::span<const NamedTensor> initializers) try {
  const auto bytes = file.bytes();
  require(!bytes.empty(), ErrorCode::invalid_model, "the file is empty");
  BigTensors big(file, std::move(externals));
  Model model =
      read_proto(pbf_reader(reinterpret_cast<const char*>(bytes.data()), bytes.size()), big, initializers);
  big.move_out();
  return model;
} catch (const protozero::exception&) {
  fail(ErrorCode::invalid_model, "the file is not an ONNX model, or it is damaged or incomplete");
} catch (const std::bad_alloc&) {
  fail(ErrorCode::out_of_memory, "there is not enough memory to read the model");
}

Model read_model(std::span<const std::byte> file) { return read_model(FileMemory::copy_of(file)); }

}  // namespace octavo::onnx
