// The library in one header: load, describe, run, quantize, compare, write. Bindings include nothing else, but for
// training (train/training.h).
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/kernel_policy.h"
#include "onnx/model.h"
#include "passes/passes.h"
#include "quant/calibrator.h"
#include "quant/compare.h"
#include "quant/compare_layers.h"
#include "quant/equalize.h"
#include "quant/insert_qdq.h"
#include "quant/partial_plan.h"
#include "quant/plan_dynamic.h"
#include "quant/plan_static.h"
#include "quant/plan_weights.h"
#include "quant/smooth_quant.h"
#include "runtime/staged.h"

namespace octavo {

// Adds the operators of a graph and of its bodies, each once.
void add_operators(const Graph& graph, std::vector<const OpDef*>& operators);

// Which microkernel multiplies integers for activations of a range, and what that rests on.
struct KernelChoice {
  std::string_view family, activations, kernel;
  std::string why;
};

struct EngineInfo {
  std::string build;  // "scalar", "simd" or "relaxed"
  std::string dot;    // how the engine computes the relaxed integer dot product
  std::vector<KernelChoice> kernels;
};

// Throws Error(invalid_option) when the policy forces a kernel that does not exist or that this CPU cannot run.
EngineInfo describe_engine(const KernelPolicy& kernels);

// An operator that a file may have: domain "" is ONNX's own. `since`: the opset that introduced it.
struct OperatorInfo {
  std::string_view domain, type;
  int since;
};

// In no order.
std::vector<OperatorInfo> supported_operators();

struct Description {
  int64_t opset = 0, ir_version = 0;  // as the file had them
  std::string producer;
  int64_t parameters = 0;          // elements of weights and biases
  onnx::TensorBytes tensor_bytes;  // of the file that it was read from, or that to_onnx writes by default
  int64_t macs = -1;  // of a run with dynamic dimensions taken as 1; -1 when no such run is possible
  std::vector<std::pair<std::string_view, int>> operators;    // each that occurs, and how often
  std::vector<std::pair<std::string, std::string>> metadata;  // the file's metadata_props
  std::string scheme;                                         // "none", "dynamic", "static" or "weight-only"
  int integer_nodes = 0, float_nodes = 0;
  std::vector<FloatIsland> islands;
  std::vector<Applied> applied;  // of a model that this engine has quantized
};

// A node of the simplified network.
struct LayerInfo {
  const Node& node;
  int64_t parameters = 0;  // elements of its constants; of those that several nodes read, at each of them
  // The least that quantizes it by default: "dynamic", which static does, too, "dynamic only", "static" or "".
  std::string_view quantizes = {};
};

// One step of the compiled network, which may stand for several nodes of the file.
struct StepTime {
  std::string node;
  std::string_view op;
  double ms;  // mean of the runs
};

class Calibration;

// What a model with caches has seen, which each run continues: a text under way. An input that is a past and the output
// that it becomes are kept here, for as many tokens as there is capacity for, and written in place. Sequences of one
// capacity and batch share what is compiled, and do not need the model any more.
class Sequence {
 public:
  explicit Sequence(std::shared_ptr<Executor> executor);

  // As Model::bind and Model::run, for the inputs and outputs that are not kept. A run that fails, for want of capacity
  // (Error(invalid_input)), say, leaves the sequence as it was.
  std::shared_ptr<Session> bind(std::span<const Feed> feeds);
  void run(Session& bound);
  const std::vector<TensorView>& run(std::span<const Feed> feeds);
  bool binds_contents() const { return executor_->plan_depends_on_contents(); }
  // Graph::states says what is kept.
  const Graph& graph() const { return executor_->model()->graph; }
  // Tokens so far.
  int64_t length() const;
  void reset() { state_->reset(); }

 private:
  std::shared_ptr<Executor> executor_;
  std::shared_ptr<State> state_;
};

// A network, float or quantized. Compiled at the first run. Not for use from several threads at once.
class Model {
 public:
  // Reads and simplifies an ONNX file, or a copy of it, with other tensors in the places of some initializers. Throws
  // what onnx::read_model throws.
  static std::unique_ptr<Model> load(FileMemory file, const KernelPolicy& kernels,
                                     std::vector<onnx::ExternalFile> externals = {},
                                     std::span<const onnx::NamedTensor> initializers = {});
  static std::unique_ptr<Model> load(std::span<const std::byte> file, const KernelPolicy& kernels) {
    return load(FileMemory::copy_of(file), kernels);
  }

  Description describe();
  // Of graph(), in the order of its nodes.
  std::vector<LayerInfo> layers() const;
  // What a build needs of the operators that a list for it may name (OCTAVO_OPERATORS of cmake/operators.cmake) to read
  // the model's file, to run it, and, if it is float, to quantize it dynamically and statically and to run that. In no
  // order.
  std::vector<std::string_view> needed_operators() const;
  // What describe() and to_onnx() give as metadata of that key. Quantized copies that are made later have it, too.
  void set_metadata(std::string key, std::string value);

  // Runs once. The views are in the order of the graph's outputs and stay valid until the next run.
  const std::vector<TensorView>& run(std::span<const Feed> feeds) { return executor().run(feeds); }
  // What runs on feeds of these shapes, as often as it is run, once its inputs() are written; feeds are written
  // already. Null where only run() can: shapes depend on data, if only those of outputs.
  std::shared_ptr<Session> bind(std::span<const Feed> feeds);
  // Whether feeds of the same shapes but other contents have to be bound anew.
  bool binds_contents() {
    return executor().only() == nullptr || executor().only()->plan_depends_on_contents();
  }
  const Graph& graph() const { return model_.graph; }
  // What load may be given other tensors for. Of a quantized copy there are none.
  const std::vector<Value>& overridable_initializers() const { return model_.overridable_initializers; }
  // Runs `repeats` times and says where the time went, step by step. Throws Error(unsupported) where shapes depend on
  // data.
  std::vector<StepTime> profile(std::span<const Feed> feeds, int repeats);

  // A text of up to `capacity` tokens in each of `batch` rows. Throws what keep_caches throws.
  std::unique_ptr<Sequence> begin_sequence(int64_t capacity, int64_t batch = 1);

  std::unique_ptr<Model> quantize_dynamic(const DynamicOptions& options) const;
  // Static quantization is three steps: calibrate, Calibration::observe for each sample, Calibration::finish.
  std::unique_ptr<Calibration> calibrate(const StaticOptions& options) const;
  // Of weights alone. What Rounding::gptq rounds takes calibration.
  std::unique_ptr<Model> quantize_weights(const WeightsOptions& options) const;
  std::unique_ptr<Calibration> calibrate(const WeightsOptions& options) const;
  // The same for a plan of graph() that somebody has filled or edited.
  std::unique_ptr<Calibration> calibrate_for(QuantizationPlan plan) const;
  // For LayerComparer::compare of each sample. Does not need the models any more.
  std::unique_ptr<LayerComparer> compare_layers(const Model& quantized) const;

  // A model of another graph, with what the file said beside its own.
  std::unique_ptr<Model> with_graph(Graph graph) const {
    return with_graph(model_, std::move(graph), kernels_);
  }
  const KernelPolicy& kernels() const { return kernels_; }

  // Standard ONNX; quantized models have QuantizeLinear and DequantizeLinear nodes.
  std::string to_onnx(onnx::FileForm form = {}) const { return onnx::write_model(model_, form); }

 private:
  friend class Calibration;
  // Simplifies the graph: a quantized one, too, is then what reading its file gives.
  Model(onnx::Model model, const KernelPolicy& kernels);
  // The model with another graph.
  static std::unique_ptr<Model> with_graph(onnx::Model model, Graph graph, const KernelPolicy& kernels);
  // What lowering made of the graph, and what describe() says of it.
  struct LoweredModel {
    Graph graph;  // empty once it is compiled
    std::vector<FloatIsland> islands;
    int integer_nodes = 0;
  };
  LoweredModel& lowered();
  // Adds what reading, running and lowering this graph takes of operators.
  void add_needed(std::vector<const OpDef*>& operators) const;
  StagedExecutor& executor();

  onnx::Model model_;
  KernelPolicy kernels_;
  std::vector<const OpDef*> read_operators_;  // before the graph was simplified
  std::optional<LoweredModel> lowered_;
  std::vector<Applied> applied_;
  std::unique_ptr<StagedExecutor> executor_;
  struct Keeper {
    int64_t capacity, batch;
    std::weak_ptr<Executor> executor;
  };
  std::vector<Keeper> keepers_;
};

// Watches a float model run on samples, then quantizes it. Does not need the model any more.
class Calibration {
 public:
  Calibration(const Model& model, QuantizationPlan plan);
  // Of plan_static: it can quantize parts, too.
  Calibration(const Model& model, const StaticOptions& options);

  // Throws Error(invalid_data) where a sample makes a tensor NaN or infinite, and what Model::run throws.
  void observe(std::span<const Feed> feeds) { executor_->run(feeds, &calibrator_); }
  // Ends the calibration. Throws Error(invalid_data) without any sample.
  std::unique_ptr<Model> finish();
  // The same for a part of the network, as often as wanted: what was rounded once is kept. Throws Error(invalid_option)
  // for a node that does not exist.
  std::unique_ptr<Model> finish_part(const PlanSubset& subset);
  // The nodes that PlanSubset may name, and be quantized: others go with one of these.
  std::vector<std::string> layers() const;
  // What was seen so far, and of what.
  const QuantizationPlan& plan() const { return plan_; }
  const Calibrator& calibrator() const { return calibrator_; }

 private:
  // Rewrites the network by what was seen, where that is asked for, once.
  void rewrite();
  std::unique_ptr<Model> finish(const QuantizationPlan& plan, RoundedWeights* roundings);

  onnx::Model model_;
  KernelPolicy kernels_;
  std::optional<StaticOptions> options_;
  QuantizationPlan plan_;
  Calibrator calibrator_;
  std::unique_ptr<StagedExecutor> executor_;
  std::optional<std::vector<Applied>> rewrites_;  // once they are made
  RoundedWeights roundings_;
};

}  // namespace octavo
