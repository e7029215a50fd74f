// Conv, pooling and what lies between them compute channels-last; transposes remain only at the borders.
//
// Every value may exist in two forms: channels-first, as the file has it, and channels-last. A form is made when
// somebody first asks for it: by computing in it, or by one Transpose of the other. Walking the nodes in order then
// leaves as few transposes as there are borders between operators that compute channels-last and those that cannot.
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

class LayoutChooser {
 public:
  explicit LayoutChooser(Graph& graph) : graph_(graph), producer_(Uses(graph).producer) {
    grow();
    for (ValueId id = 0; id < graph.values.size(); ++id) first_exists_[id] = producer_[id] == Uses::kNone;
  }

  int run() {
    original_ = take_nodes(graph_);
    for (const Node& node : original_) {
      if (computes_channels_last(node))
        add_channels_last(node);
      else if (follows_channels_last(node) && add_following(node))
        ++changes_;
      else
        add_unchanged(node);
    }
    for (ValueId id : graph_.outputs) first(id);
    graph_.nodes = std::move(emitted_);
    remove_dead(graph_);
    return changes_;
  }

 private:
  void grow() {
    producer_.resize(graph_.values.size(), Uses::kNone);
    first_exists_.resize(graph_.values.size(), false);
    last_.resize(graph_.values.size(), kNoValue);
    computed_last_.resize(graph_.values.size(), false);
  }

  int rank(ValueId id) const { return graph_[id].shape ? graph_[id].shape->rank() : -1; }

  // A value for the channels-last form of `id`.
  ValueId new_last(ValueId id) {
    TensorType type = graph_[id];
    if (type.shape) type.shape = permuted(*type.shape, to_channels_last(rank(id)));
    last_[id] = graph_.add_value({type, graph_.unique_value_name(text("{}.channels_last", graph_[id].name))});
    grow();
    return last_[id];
  }

  void emit_transpose(ValueId from, ValueId to, const Permutation& permutation) {
    Node node;
    node.op = &get_op("Transpose");
    node.name = graph_[to].name;
    node.attrs.set("perm", std::vector<int64_t>(permutation.begin(), permutation.end()));
    node.inputs = {from};
    node.outputs = {to};
    emitted_.push_back(std::move(node));
  }

  // The channels-first form.
  ValueId first(ValueId id) {
    if (id == kNoValue || first_exists_[id]) return id;
    emit_transpose(last_[id], id, to_channels_first(rank(id)));
    first_exists_[id] = true;
    return id;
  }

  // The channels-last form.
  ValueId last(ValueId id) {
    if (last_[id] != kNoValue) return last_[id];
    if (!dequantize_last(id)) {
      const ValueId from = first(id);
      emit_transpose(from, new_last(id), to_channels_last(rank(id)));
    }
    return last_[id];
  }

  // DQ(q) in channels-last form is DQ of the transposed q: bytes move, and DQ stays beside its reader, where lowering
  // looks for it. Behind DynamicQuantizeLinear the float moves, and the two stay together.
  bool dequantize_last(ValueId id) {
    if (producer_[id] == Uses::kNone) return false;
    const Node dequantize = original_[producer_[id]];
    if (!is_dequantize(dequantize) || rank(dequantize.inputs[0]) != rank(id)) return false;
    const Node* source = producer(dequantize.inputs[0]);
    const bool is_dynamic = source && is_dynamic_quantize(*source) && dequantize.inputs == source->outputs;
    if (is_dynamic && rank(source->inputs[0]) != rank(id)) return false;
    Node moved = dequantize;
    if (!moved.op->permute(graph_, moved, to_channels_last(rank(id)))) return false;
    if (is_dynamic) {
      moved.inputs = quantize_last(*source);
    } else {
      moved.inputs[0] = last(dequantize.inputs[0]);
    }
    moved.outputs[0] = new_last(id);
    emitted_.push_back(std::move(moved));
    return true;
  }

  // The three outputs of DynamicQuantizeLinear on the channels-last form of its input.
  std::vector<ValueId> quantize_last(const Node& source) {
    if (last_[source.outputs[0]] == kNoValue) {
      Node moved = source;
      moved.inputs[0] = last(source.inputs[0]);
      moved.outputs[0] = new_last(source.outputs[0]);
      for (std::size_t i : {1, 2}) {
        Value copy = graph_[source.outputs[i]];
        copy.name = graph_.unique_value_name(text("{}.channels_last", copy.name));
        last_[source.outputs[i]] = moved.outputs[i] = graph_.add_value(std::move(copy));
        grow();
      }
      emitted_.push_back(std::move(moved));
    }
    return {last_[source.outputs[0]], last_[source.outputs[1]], last_[source.outputs[2]]};
  }

  const Node* producer(ValueId id) const {
    return producer_[id] == Uses::kNone ? nullptr : &original_[producer_[id]];
  }

  bool computes_channels_last(const Node& node) const {
    if (node.op->layout != LayoutRule::channels_last || !graph_.knows_types(node)) return false;
    const int r = rank(node.inputs[0]);
    return node.outputs.size() == 1 && (r == 3 || r == 4);
  }

  void add_channels_last(Node node) {
    node.inputs[0] = last(node.inputs[0]);
    const ValueId output = node.outputs[0];
    if (!graph_[output].shape) graph_[output].shape = Shape(Dims(rank(node.inputs[0]), kDynamic));
    node.outputs[0] = new_last(output);
    computed_last_[output] = true;
    node.lowered.channels_last = true;
    emitted_.push_back(std::move(node));
    ++changes_;
  }

  // A node that can compute in either form does so channels-last when one of its inputs was computed so.
  bool follows_channels_last(const Node& node) const {
    if (node.op->layout == LayoutRule::opaque || node.op->layout == LayoutRule::channels_last) return false;
    if (!graph_.knows_types(node)) return false;
    const auto is_native = [&](ValueId id) { return id != kNoValue && computed_last_[id]; };
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
    const Permutation permutation = to_channels_last(r);
    const std::vector<ValueId> data = data_inputs(node);
    for (ValueId id : data)
      if (id != kNoValue && rank(id) != r && !is_constant_operand(id)) return false;
    if (node.op->permute != nullptr && !node.op->permute(graph_, node, permutation)) return false;
    grow();
    for (std::size_t i = 0; i < data.size(); ++i) {
      if (data[i] == kNoValue) continue;
      node.inputs[i] = is_constant_operand(data[i]) ? permuted_constant(data[i], r) : last(data[i]);
    }
    const ValueId output = node.outputs[0];
    node.outputs[0] = new_last(output);
    computed_last_[output] = true;
    emitted_.push_back(std::move(node));
    return true;
  }

  bool is_constant_operand(ValueId id) const { return graph_[id].is_constant(); }

  // A constant of up to `r` dimensions that broadcasts against a channels-first tensor, in the form that broadcasts
  // against the channels-last one.
  ValueId permuted_constant(ValueId id, int r) {
    const Tensor& tensor = *graph_[id].constant;
    if (tensor.shape().elements() == 1 && tensor.shape().rank() <= 1) return id;
    if (last_[id] != kNoValue) return last_[id];
    Shape padded(Dims(r - tensor.shape().rank(), 1));
    padded.dims.insert(padded.dims.end(), tensor.shape().dims.begin(), tensor.shape().dims.end());
    Tensor aligned(tensor.dtype(), padded);
    std::copy_n(tensor.view().data, tensor.bytes(), aligned.view().data);

    Node transpose;
    transpose.op = &get_op("Transpose");
    transpose.outputs = {kNoValue};
    transpose.inputs = {id};
    const Permutation permutation = to_channels_last(r);
    transpose.attrs.set("perm", std::vector<int64_t>(permutation.begin(), permutation.end()));
    const Operand inputs[] = {Operand::of(aligned)};
    std::vector<Tensor> outputs = evaluate_node(graph_, transpose, inputs, KernelPolicy{});
    const ValueId last = graph_.add_constant(
        graph_.unique_value_name(text("{}.channels_last", graph_[id].name)), std::move(outputs[0]));
    grow();
    return last_[id] = last;
  }

  void add_unchanged(Node node) {
    for (ValueId& id : node.inputs) id = first(id);
    for (ValueId id : node.outputs)
      if (id != kNoValue) first_exists_[id] = true;
    emitted_.push_back(std::move(node));
  }

  Graph& graph_;
  std::vector<uint32_t> producer_;  // by value, into original_
  std::vector<Node> original_, emitted_;
  Flags first_exists_;         // by value: the channels-first form is computed
  std::vector<ValueId> last_;  // by value: the channels-last form, or kNoValue
  Flags computed_last_;        // by value: the channels-last form came first
  int changes_ = 0;
};

}  // namespace

int choose_layout(Graph& graph) { return LayoutChooser(graph).run(); }

}  // namespace octavo
