// Conv, pooling and what lies between them compute channels-last; transposes remain only at the borders.
//
// Every value may exist in two forms: as the file has it, and in another layout: channels-last here, channels-first
// where a file is rid of what converters from channels-last frameworks put around each convolution. A form is made when
// somebody first asks for it: by computing in it, or by one Transpose of the other. A Transpose of the file from one
// form to the other makes nothing. Walking the nodes in order then leaves as few transposes as there are borders
// between operators that compute in the other layout and those that cannot.
#include <algorithm>

#include "base/error.h"
#include "graph/op_def.h"
#include "graph/qdq.h"
#include "graph/rewriter.h"
#include "ops/evaluate.h"
#include "passes/passes.h"
#include "passes/permutation.h"

namespace octavo {

namespace {

constexpr std::string_view kTranspose = "Transpose";

// Whether a node is a Transpose between channels-first and channels-last.
bool moves_channels(const Node& node) {
  if (node.op->name != kTranspose) return false;
  const std::span<const int64_t> given = node.attrs.get_ints("perm");
  if (given.size() < 3) return false;
  const Permutation permutation(given.begin(), given.end());
  const int rank = static_cast<int>(given.size());
  return permutation == to_channels_last(rank) || permutation == to_channels_first(rank);
}

enum class Layout { channels_first, channels_last };

class LayoutChooser {
 public:
  LayoutChooser(Graph& graph, Layout other)
      : graph_(graph), other_layout_(other), producer_(Uses(graph).producer) {
    grow();
    for (ValueId id = 0; id < graph.values.size(); ++id) has_own_[id] = producer_[id] == Uses::kNone;
  }

  int run() {
    original_ = take_nodes(graph_);
    for (const Node& node : original_) {
      if (pass_between_forms(node)) continue;
      if (computes_channels_last(node))
        add_channels_last(node);
      else if (follows_other(node) && add_following(node))
        ++changes_;
      else
        add_unchanged(node);
    }
    for (ValueId id : graph_.outputs)
      if (own(id) != id) emit_copy(own_[id], id);
    graph_.nodes = std::move(emitted_);
    remove_dead(graph_);
    return changes_;
  }

 private:
  void grow() {
    producer_.resize(graph_.values.size(), Uses::kNone);
    has_own_.resize(graph_.values.size(), false);
    for (auto id = static_cast<ValueId>(own_.size()); id < graph_.values.size(); ++id) own_.push_back(id);
    other_.resize(graph_.values.size(), kNoValue);
    computed_other_.resize(graph_.values.size(), false);
  }

  Permutation to_other(int rank) const {
    return other_layout_ == Layout::channels_last ? to_channels_last(rank) : to_channels_first(rank);
  }
  Permutation from_other(int rank) const {
    return other_layout_ == Layout::channels_last ? to_channels_first(rank) : to_channels_last(rank);
  }
  std::string other_name(ValueId id) const {
    const bool is_last = other_layout_ == Layout::channels_last;
    return graph_.unique_value_name(
        text("{}.{}", graph_[id].name, is_last ? "channels_last" : "channels_first"));
  }

  int rank(ValueId id) const { return graph_[id].shape ? graph_[id].shape->rank() : -1; }

  // A value for the other form of `id`.
  ValueId new_other(ValueId id) {
    TensorType type = graph_[id];
    if (type.shape) type.shape = permuted(*type.shape, to_other(rank(id)));
    other_[id] = graph_.add_value({type, other_name(id)});
    grow();
    return other_[id];
  }

  void emit_transpose(ValueId from, ValueId to, const Permutation& permutation) {
    Node node;
    node.op = &get_op(kTranspose);
    node.name = graph_[to].name;
    node.attrs.set("perm", std::vector<int64_t>(permutation.begin(), permutation.end()));
    node.inputs = {from};
    node.outputs = {to};
    emitted_.push_back(std::move(node));
  }

  void emit_copy(ValueId from, ValueId to) {
    emitted_.push_back(
        {.op = &get_op("Identity"), .name = graph_[to].name, .inputs = {from}, .outputs = {to}});
  }

  // The form that the file has.
  ValueId own(ValueId id) {
    if (id == kNoValue || has_own_[id]) return id == kNoValue ? id : own_[id];
    emit_transpose(other_[id], id, from_other(rank(id)));
    has_own_[id] = true;
    return id;
  }

  // The form in the other layout.
  ValueId other(ValueId id) {
    if (other_[id] != kNoValue) return other_[id];
    if (!dequantize_other(id)) {
      const ValueId from = own(id);
      emit_transpose(from, new_other(id), to_other(rank(id)));
    }
    return other_[id];
  }

  // A Transpose between the forms: its output has for one form what its input has for the other.
  bool pass_between_forms(const Node& node) {
    if (node.op->name != kTranspose || !graph_.knows_types(node)) return false;
    const ValueId x = node.inputs[0], y = node.outputs[0];
    const std::span<const int64_t> given = node.attrs.get_ints("perm");
    if (rank(x) < 3 || std::ssize(given) != rank(x)) return false;
    const Permutation permutation(given.begin(), given.end());
    if (computed_other_[x] && permutation == to_other(rank(x))) {
      own_[y] = other_[x];
      has_own_[y] = true;
    } else if (permutation == from_other(rank(x))) {
      other_[y] = own(x);
      computed_other_[y] = true;
    } else {
      return false;
    }
    ++changes_;
    return true;
  }

  // DQ(q) in the other form is DQ of the transposed q: bytes move, and DQ stays beside its reader, where lowering
  // looks for it. Behind DynamicQuantizeLinear the float moves, and the two stay together.
  bool dequantize_other(ValueId id) {
    if (producer_[id] == Uses::kNone) return false;
    const Node& dequantize = original_[producer_[id]];
    if (!is_dequantize(dequantize) || rank(dequantize.inputs[0]) != rank(id)) return false;
    const Node* source = producer(dequantize.inputs[0]);
    const bool is_dynamic = source && is_dynamic_quantize(*source) && dequantize.inputs == source->outputs;
    if (is_dynamic && rank(source->inputs[0]) != rank(id)) return false;
    Node moved = dequantize;
    if (!moved.op->permute(graph_, moved, to_other(rank(id)))) return false;
    if (is_dynamic) {
      moved.inputs = quantize_other(*source);
    } else {
      moved.inputs[0] = other(dequantize.inputs[0]);
    }
    moved.outputs[0] = new_other(id);
    emitted_.push_back(std::move(moved));
    return true;
  }

  // The three outputs of DynamicQuantizeLinear on the channels-last form of its input.
  std::vector<ValueId> quantize_other(const Node& source) {
    if (other_[source.outputs[0]] == kNoValue) {
      Node moved = source;
      moved.inputs[0] = other(source.inputs[0]);
      moved.outputs[0] = new_other(source.outputs[0]);
      for (std::size_t i : {1, 2}) {
        Value copy = graph_[source.outputs[i]];
        copy.name = other_name(source.outputs[i]);
        other_[source.outputs[i]] = moved.outputs[i] = graph_.add_value(std::move(copy));
        grow();
      }
      emitted_.push_back(std::move(moved));
    }
    return {other_[source.outputs[0]], other_[source.outputs[1]], other_[source.outputs[2]]};
  }

  const Node* producer(ValueId id) const {
    return producer_[id] == Uses::kNone ? nullptr : &original_[producer_[id]];
  }

  bool computes_channels_last(const Node& node) const {
    if (other_layout_ != Layout::channels_last || node.op->layout != LayoutRule::channels_last ||
        !graph_.knows_types(node))
      return false;
    const int r = rank(node.inputs[0]);
    return node.outputs.size() == 1 && (r == 3 || r == 4);
  }

  void add_channels_last(Node node) {
    node.inputs[0] = other(node.inputs[0]);
    const ValueId output = node.outputs[0];
    if (!graph_[output].shape) graph_[output].shape = Shape(Dims(rank(node.inputs[0]), kDynamic));
    node.outputs[0] = new_other(output);
    computed_other_[output] = true;
    node.lowered.channels_last = true;
    emitted_.push_back(std::move(node));
    ++changes_;
  }

  // A node that can compute in either form does so in the other layout when one of its inputs was computed so.
  bool follows_other(const Node& node) const {
    if (node.op->layout == LayoutRule::opaque || node.op->layout == LayoutRule::channels_last) return false;
    if (!graph_.knows_types(node)) return false;
    const auto is_native = [&](ValueId id) { return id != kNoValue && computed_other_[id]; };
    return std::ranges::any_of(data_inputs(node), is_native);
  }

  // The inputs that a permutation concerns: for `permutable` operators only input 0 has the axes of the output; the
  // others are parameters, which `permute` adapts.
  std::vector<ValueId> data_inputs(const Node& node) const {
    if (node.op->layout == LayoutRule::permutable) return {node.inputs[0]};
    return node.inputs;
  }

  bool add_following(Node node) {
    const int r = rank(node.outputs[0]);
    if (r < 3 || node.outputs.size() != 1) return false;
    const Permutation permutation = to_other(r);
    const std::vector<ValueId> data = data_inputs(node);
    for (ValueId id : data)
      if (id != kNoValue && rank(id) != r && !is_constant_operand(id)) return false;
    if (node.op->permute != nullptr && !node.op->permute(graph_, node, permutation)) return false;
    grow();
    for (std::size_t i = 0; i < data.size(); ++i) {
      if (data[i] == kNoValue) continue;
      node.inputs[i] = is_constant_operand(data[i]) ? permuted_constant(data[i], r) : other(data[i]);
    }
    const ValueId output = node.outputs[0];
    node.outputs[0] = new_other(output);
    computed_other_[output] = true;
    emitted_.push_back(std::move(node));
    return true;
  }

  bool is_constant_operand(ValueId id) const { return graph_[id].is_constant(); }

  // A constant of up to `r` dimensions that broadcasts against a tensor, in the form that broadcasts against its other
  // form.
  ValueId permuted_constant(ValueId id, int r) {
    const Tensor& tensor = *graph_[id].constant;
    if (tensor.shape().elements() == 1 && tensor.shape().rank() <= 1) return id;
    if (other_[id] != kNoValue) return other_[id];
    Shape padded(Dims(r - tensor.shape().rank(), 1));
    padded.dims.insert(padded.dims.end(), tensor.shape().dims.begin(), tensor.shape().dims.end());
    Tensor aligned(tensor.dtype(), padded);
    std::copy_n(tensor.view().data, tensor.bytes(), aligned.view().data);

    Node transpose;
    transpose.op = &get_op(kTranspose);
    transpose.outputs = {kNoValue};
    transpose.inputs = {id};
    const Permutation permutation = to_other(r);
    transpose.attrs.set("perm", std::vector<int64_t>(permutation.begin(), permutation.end()));
    const Operand inputs[] = {Operand::of(aligned)};
    std::vector<Tensor> outputs = evaluate_node(graph_, transpose, inputs, KernelPolicy{});
    const ValueId permuted = graph_.add_constant(other_name(id), std::move(outputs[0]));
    grow();
    return other_[id] = permuted;
  }

  void add_unchanged(Node node) {
    for (ValueId& id : node.inputs) id = own(id);
    for (ValueId id : node.outputs)
      if (id != kNoValue) has_own_[id] = true;
    emitted_.push_back(std::move(node));
  }

  Graph& graph_;
  Layout other_layout_;
  std::vector<uint32_t> producer_;  // by value, into original_
  std::vector<Node> original_, emitted_;
  Flags has_own_;               // by value: the form that the file has is computed
  std::vector<ValueId> own_;    // by value: which value that is
  std::vector<ValueId> other_;  // by value: the other form, or kNoValue
  Flags computed_other_;        // by value: the other form came first
  int changes_ = 0;
};

}  // namespace

int choose_layout(Graph& graph) { return LayoutChooser(graph, Layout::channels_last).run(); }

int unwrap_layout(Graph& graph) {
  const auto transposes = [](const Graph& g) { return std::ranges::count_if(g.nodes, moves_channels); };
  const auto before = transposes(graph);
  if (before < 2) return 0;
  Graph unwrapped = graph;
  LayoutChooser(unwrapped, Layout::channels_first).run();
  const auto after = transposes(unwrapped);
  if (after >= before) return 0;
  graph = std::move(unwrapped);
  return static_cast<int>(before - after);
}

}  // namespace octavo
