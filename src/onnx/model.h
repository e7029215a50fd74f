// A model as it stands in an .onnx file, and the way from and to its bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/file_memory.h"
#include "graph/graph.h"
#include "onnx/big_tensors.h"
#include "onnx/tensor_bytes.h"

namespace octavo::onnx {

// Opsets of the default domain. Whatever the file has, each operator in memory has the form of kOpset; between kOpset
// and kNewestOpset (that of ONNX 1.23) operators that Octavo knows got data types, and what the upgrade table handles.
inline constexpr int64_t kOldestOpset = 1;
inline constexpr int64_t kOpset = 21;
inline constexpr int64_t kNewestOpset = 28;
inline constexpr int64_t kIrVersion = 10;  // the IR version that came with kOpset

// A tensor in the place of an initializer.
struct NamedTensor {
  std::string_view name;
  TensorView tensor;
};

struct Model {
  Graph graph;
  // Name and type of initializers that the file, of IR version 4 or later, lists among its inputs: ONNX's inputs with a
  // default. They are constants of the graph, which read_model may be given others for.
  std::vector<Value> overridable_initializers;
  // As the file read had them. write_model writes kIrVersion, kOpset and "octavo" instead.
  int64_t ir_version = kIrVersion;
  int64_t opset = kOpset;
  std::string producer_name = "octavo", producer_version;
  TensorBytes tensor_bytes;

  std::string doc;
  std::vector<std::pair<std::string, std::string>> metadata_props;
};

// Reads an ONNX ModelProto (onnx.proto3 of ONNX 1.18). The memory of the files becomes that of the weights.
// Values that nobody reads are left out; initializers and Constant nodes become constants of the graph; nodes are
// sorted topologically. Octavo's metadata of a node becomes its notes (onnx/metadata.h).
//
// Any bytes give either a verified graph or an Error:
//   invalid_model  damaged, truncated, inconsistent or not ONNX at all
//   unsupported    an operator, domain, opset, data type or feature that Octavo lacks
//   invalid_graph  a node with too few or too many inputs, or with attributes that its opset does not have
//   out_of_memory
//   invalid_input  `initializers` has one that is not among Model::overridable_initializers, or is of another type
Model read_model(FileMemory file, std::vector<ExternalFile> externals = {},
                 std::span<const NamedTensor> initializers = {});
// The same for a copy of `file`.
Model read_model(std::span<const std::byte> file);

// The files that the initializers of a model's graph name, each once (ONNX's external data). Empty for what is no
// model.
std::vector<std::string> external_locations(std::span<const std::byte> file);

// How a file says that the weights of a product are of 4 bits, in blocks.
enum class WeightsForm : uint8_t {
  dequantize_linear,  // ONNX's own, since opset 21
  matmul_n_bits,      // ONNX Runtime's operator, where it has one: onnx/matmul_n_bits.h
};

// How a file keeps weights that are floats.
enum class Storage : uint8_t {
  float32,
  float16,  // behind a Cast, where that loses little: onnx/half_storage.h
};

struct FileForm {
  WeightsForm weights = WeightsForm::dequantize_linear;
  Storage storage = Storage::float32;
};

// The bytes of a ModelProto of opset kOpset, or of the oldest newer one that has all of its operators: the same bytes
// for the same model on every machine. Reading them gives the same graph. A node's notes go to its metadata_props.
// Shapes of intermediate values are written where known.
//
// Throws Error(unsupported), naming the node, for an operator of Octavo's own ("octavo.…"), and for a model above
// the 2 GiB that protobuf allows.
std::string write_model(const Model& model, FileForm form = {});

// Of the file that write_model writes by default.
TensorBytes tensor_bytes_of(const Graph& graph);

}  // namespace octavo::onnx
