// What the library knows of an operator, in one record. The operators themselves live in src/ops.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "graph/graph.h"
#include "graph/quant_rule.h"

namespace octavo {

struct KernelPolicy;  // base/kernel_policy.h: CPU facts and forced kernels

// What is known of an operand before or while a plan is made.
struct Operand : TensorType {
  const Tensor* known = nullptr;  // contents, where they are known already

  Operand() = default;
  Operand(TensorType type, const Tensor* contents = nullptr) : TensorType(std::move(type)), known(contents) {}
  Operand(DType dtype, std::optional<Shape> shape, const Tensor* contents = nullptr)
      : Operand(TensorType{dtype, std::move(shape)}, contents) {}
  static Operand of(const Tensor& tensor) { return {tensor.type(), &tensor}; }
};

// Shape inference of one node. An absent optional input has no shape; dtype and rank of the others are known.
struct InferContext {
  const Node& node;
  std::span<const Operand> inputs;
  std::span<Operand> outputs;

  const Attrs& attrs() const { return node.attrs; }
  bool has(std::size_t i) const { return i < inputs.size() && inputs[i].shape.has_value(); }
  DType dtype(std::size_t i) const { return *inputs[i].dtype; }
  const Shape& shape(std::size_t i) const { return *inputs[i].shape; }
  // The contents of an integer input, when they are known.
  std::optional<std::vector<int64_t>> known_ints(std::size_t i) const;
  // The elements of a 1-D integer input, whether or not their values are known: Reshape's rank, say. Throws
  // Error(invalid_graph) where it has more axes.
  int64_t known_length(std::size_t i) const;

  void set(std::size_t i, DType dtype, Shape shape) {
    if (i < outputs.size()) outputs[i] = {dtype, std::move(shape)};
  }
  void set_unknown(std::size_t i, DType dtype) {
    if (i < outputs.size()) outputs[i] = {dtype, std::nullopt};
  }
};

// What a kernel needs that depends on constants alone: packed weights, tables, multipliers. Made once a node and
// shared by every plan and session of the model.
struct Prepared {
  virtual ~Prepared() = default;
  // True for a constant input that run does not read and that unpack gets back, so that it need not stay in memory.
  virtual bool can_unpack(std::size_t /*input*/) const { return false; }
  // Writes the elements of that input, bit by bit those that were packed.
  virtual void unpack(std::size_t /*input*/, const TensorView& /*elements*/) const {}
};

// One node while its Prepared is made. Only constants have contents.
struct PrepareContext {
  const Graph& graph;
  const Node& node;
  const KernelPolicy& kernels;

  bool has(std::size_t i) const { return node.has_input(i); }
  const Value& input(std::size_t i) const { return graph[node.inputs[i]]; }
  const Value& output(std::size_t i) const { return graph[node.outputs[i]]; }
  // What the integers of input i mean; without scales where nobody said.
  QParams input_qparams(std::size_t i) const {
    return i < node.lowered.input_qparams.size() ? node.lowered.input_qparams[i] : QParams{};
  }
  // The constant behind input i, or null where it is absent or computed.
  const Tensor* constant(std::size_t i) const { return graph.constant_input(node, i); }
};

// Sees tensors as a session computes them: calibration and per-layer comparison.
struct TensorObserver {
  virtual ~TensorObserver() = default;
  // `id` is Lowered::observed of the node that shows it. The tensor lives only during the call.
  virtual void observe(int64_t id, const TensorView& tensor) = 0;
};

// A node whose operands have static types, and no memory yet. Absent inputs have none.
struct ShapeContext {
  const Node& node;
  std::span<const Operand> inputs;
  std::span<const Operand> outputs;

  const Attrs& attrs() const { return node.attrs; }
  bool has(std::size_t i) const { return i < inputs.size() && inputs[i].shape.has_value(); }
  DType dtype(std::size_t i) const { return *inputs[i].dtype; }
  const Shape& shape(std::size_t i) const { return *inputs[i].shape; }
  const Shape& output_shape() const { return *outputs[0].shape; }
};

// One node while its plan is made: the inputs in OpDef::shape_operands have contents.
struct PlanContext : ShapeContext {
  const KernelPolicy& kernels;

  // The elements of an input of OpDef::shape_operands.
  const TensorView& known(std::size_t i) const { return inputs[i].known->view(); }
  template <class T> const T& prepared() const { return static_cast<const T&>(*node.prepared); }
};

// What a plan keeps for the runs of a node: any one struct that is trivially copied.
class PlanState {
 public:
  PlanState() = default;
  template <class T> explicit PlanState(const T& value) : bytes_(sizeof(T)) {
    static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= alignof(std::max_align_t));
    std::memcpy(bytes_.data(), &value, sizeof(T));
  }
  template <class T> const T& as() const { return *std::launder(reinterpret_cast<const T*>(bytes_.data())); }

 private:
  std::vector<std::byte> bytes_;
};

// What static shapes decide about a node.
struct StepPlan {
  PlanState state;         // geometry, strides, attributes: all that run would otherwise find out each time
  uint64_t workspace = 0;  // bytes of workspace of a run
  // Output 0 is input 0 under another shape: both share memory, and run is not called, except to copy an initializer.
  bool is_view = false;
  bool runs_as_view = false;  // run is called all the same, to look at the tensor
};

// Makes memory for outputs of OpDef::shape_depends_on_data.
struct OutputMaker {
  virtual ~OutputMaker() = default;
  // Memory for output `output` of that type, until the next run of the node. Elements that were made before stay, as
  // many as fit, in their order. Throws Error(out_of_memory).
  virtual TensorView make(std::size_t output, DType dtype, const Shape& shape) = 0;
};

// Runs the bodies of the node that runs.
struct BodyCaller {
  virtual ~BodyCaller() = default;
  // The outputs of body `body` for its own inputs; what it captures is given by itself. Valid until the next call of
  // that body. Throws what Executor::run throws.
  virtual const std::vector<TensorView>& call(std::size_t body, std::span<const TensorView> inputs) = 0;
};

// One node while it runs: every shape is static, every present tensor has memory.
struct RunContext {
  const Node& node;
  const PlanState& state;
  std::span<const TensorView> inputs;   // absent optional inputs have no data
  std::span<const TensorView> outputs;  // unused outputs have no data
  std::span<std::byte> workspace;       // as many bytes as StepPlan::workspace says, aligned to kAlignment
  const KernelPolicy& kernels;
  TensorObserver* observer = nullptr;
  BodyCaller* bodies = nullptr;  // of an operator with attributes of AttrKind::graph
  OutputMaker* maker = nullptr;  // of OpDef::shape_depends_on_data

  bool has(std::size_t i) const { return i < inputs.size() && inputs[i].present(); }
  template <class T> const T& prepared() const { return static_cast<const T&>(*node.prepared); }
  template <class T> const T& planned() const { return state.as<T>(); }
  // OpDef::shape_depends_on_data: the only way to an output. Only where infer says no dtype may it be any.
  TensorView make_output(std::size_t i, DType dtype, const Shape& shape) const {
    return maker->make(i, dtype, shape);
  }
  TensorView make_output(std::size_t i, const Shape& shape) const {
    return make_output(i, outputs[i].dtype, shape);
  }
};

// How the layout pass may treat an operator when its inputs are permuted to channels-last.
enum class LayoutRule {
  opaque,         // needs its inputs exactly as ONNX lays them out
  channels_last,  // input 0 and output 0 may be N…C: Lowered::channels_last (Conv, pooling)
  elementwise,  // computes element by element with broadcasting: any common permutation goes straight through
  permutable,   // follows a permutation of input 0 by changing its attributes: OpDef::permute
  joining,      // the same with a permutation of all inputs (Concat)
};

// What the names of Octavo's own operators begin with. They exist between passes; no file has one.
inline constexpr std::string_view kOwnPrefix = "octavo.";

// More inputs than an operator has that may be left out.
inline constexpr int kMostOptional = 64;

// An operator. All functions are pure and may throw Error; compile and session add the node's name to it.
struct OpDef {
  // "Conv", in ONNX's default domain; elsewhere "com.example.Conv", and kOwnPrefix and a name for those of our own.
  std::string_view name;
  int since = 1;  // the opset of its domain that introduced it
  // The parts of the name before and behind its last dot; the default domain is "".
  constexpr std::string_view domain() const {
    return is_default_domain() ? "" : name.substr(0, name.rfind('.'));
  }
  constexpr std::string_view type() const {
    return name.substr(is_default_domain() ? 0 : name.rfind('.') + 1);
  }
  constexpr bool is_own() const { return name.starts_with(kOwnPrefix); }
  constexpr bool is_default_domain() const { return name.rfind('.') == name.npos; }
  int min_inputs = 1, max_inputs = 1;
  int first_variadic = kMostOptional;  // none of the inputs from there on may be left out
  int min_outputs = 1, max_outputs = 1;
  // All that the operator knows of in its newest form; a node with another one is refused. The reader has rewritten
  // older forms.
  std::span<const AttrDef> attributes = {};

  // Sets dtype and shape of each output. Called when dtype and rank of every present input are known; dimensions and
  // contents may not be. In a plan everything is static and the inputs in `shape_operands` have contents.
  void (*infer)(InferContext&) = nullptr;
  // Packs constants. Null: the operator needs nothing prepared.
  std::shared_ptr<const Prepared> (*prepare)(const PrepareContext&) = nullptr;
  // Decides what static shapes decide. Null: nothing is worth keeping, and the node is no view.
  StepPlan (*plan)(const PlanContext&) = nullptr;
  // Reads no attributes: what they say is in the plan's state.
  void (*run)(RunContext&) = nullptr;
  // Multiply-accumulates of a run, by shapes and attributes alone. Null: 0.
  int64_t (*macs)(const ShapeContext&) = nullptr;

  bool same_dtype = true;  // output 0 has the dtype of input `dtype_input`, also where infer cannot be asked
  int dtype_input = 0;
  bool passes_on = false;  // output 0 is input 0, where there is no other output
  bool converts = false;   // output 0 is input 0 in another dtype (Cast)
  // Knows no float64: simplify puts Casts around a node that has some.
  bool computes_f32 = false;
  bool commutes = false;  // inputs 0 and 1 may change places
  // Shapes of outputs may follow from elements that only a run computes: infer leaves those dimensions open, also where
  // every input is static, and run makes each output by RunContext::make_output. Nobody else in the program reads such
  // an output: the program ends there, and the rest is planned anew.
  bool shape_depends_on_data = false;
  // Types the inputs of the node's bodies, but for captures, by the operands of the node. Null: as the file says.
  void (*type_bodies)(Node&, std::span<const Operand>) = nullptr;
  uint32_t shape_operands = 0;       // bit i: the contents of input i decide output shapes
  uint32_t shape_only_operands = 0;  // bit i: of input i the shape is read and not the elements (Shape)
  constexpr bool reads_shape_only() const { return shape_only_operands & 1; }
  // Obeys Lowered::clamp.
  bool clamps_output = false;
  // A product of inputs 0 and 1, whose columns are the last axis of its output: adds Lowered::bias.
  bool adds_bias = false;
  LayoutRule layout = LayoutRule::opaque;
  // permutable and joining: rewrites attributes and constant inputs so that the node computes the same with input 0
  // (joining: all inputs) and output 0 permuted: new axis i is old axis permutation[i]. False: cannot.
  bool (*permute)(Graph&, Node&, std::span<const int> permutation) = nullptr;
  QuantRule quant = {};
};

// Names between commas, one in front and one behind: what src/ops is compiled with where a build has not all operators
// (cmake/operators.cmake). Of each translation unit by itself, as only those of src/ops know.
#ifdef OCTAVO_OPERATORS
static constexpr bool is_of_build(std::string_view name) {
  std::string_view names = OCTAVO_OPERATORS;
  while (names.size() > 1) {
    names.remove_prefix(1);
    if (names.substr(0, names.find(',')) == name) return true;
    names.remove_prefix(names.find(','));
  }
  return false;
}
#else
static constexpr bool is_of_build(std::string_view) { return true; }
#endif

// The rows of a table, each with the `name` of an operator, that are part of the build.
template <const auto& rows> constexpr auto rows_of_build() {
  const auto has = [](const auto& row) { return is_of_build(row.name); };
  std::array<std::remove_cvref_t<decltype(rows[0])>, std::ranges::count_if(rows, has)> kept{};
  std::ranges::copy_if(rows, kept.begin(), has);
  return kept;
}

// Some of the operators that exist: a link of a list that is complete before main and never changes afterwards.
class RegisterOp {
 public:
  explicit RegisterOp(std::span<const OpDef> defs) : defs_(defs), next_(first_) { first_ = this; }
  explicit RegisterOp(const OpDef& def) : RegisterOp(std::span(&def, 1)) {}
  RegisterOp(const RegisterOp&) = delete;

 private:
  friend const OpDef* find_op(std::string_view name);
  friend std::vector<const OpDef*> readable_operators();
  std::span<const OpDef> defs_;
  const RegisterOp* next_;
  static constinit const RegisterOp* first_;
};

// What an operator is that the build leaves out: nobody refers to its functions, and the linker drops them.
struct LeaveOut {
  constexpr explicit LeaveOut(const OpDef&) {}
};

// Registers an operator: `OCTAVO_OPERATOR(relu, {.name = "Relu", …});` at namespace scope of its file. The record is a
// constant, so that all that runs at start-up is to link it.
#define OCTAVO_OPERATOR(identifier, ...)                                                                \
  constexpr OpDef identifier##_definition = __VA_ARGS__;                                                \
  const std::conditional_t<is_of_build(identifier##_definition.name), RegisterOp, LeaveOut> identifier( \
      identifier##_definition)

// The operator of that name, or null.
const OpDef* find_op(std::string_view name);
// All that a file may have: Octavo's own are left out. In no order.
std::vector<const OpDef*> readable_operators();
// Throws Error(unsupported) for an attribute that the node's operator does not have, Error(invalid_graph) for one of
// another kind.
void check_attributes(const Node& node);
// Throws Error(invalid_graph) for too few or too many inputs, and where one is left out that the operator needs.
void check_inputs(const Node& node);
// The operator of that name, which must exist: for rewrites that make nodes.
const OpDef& get_op(std::string_view name);

}  // namespace octavo
