// DQ → op → Q becomes op on integers; DynamicQuantizeLinear → DQ → op becomes the operator that quantizes for itself;
// op(x, DQ(w)), w of 4 bits, one that unpacks w for itself.
//
// The pass walks the QuantizeLinear nodes. Each asks the operator before it, through its QuantRule, whether it has an
// integer form; the integer node then computes what the Q node did, and the float nodes in between die unread. What
// the integers mean moves from the Q and DQ nodes to Node::lowered: to the node, since two DQ nodes
// may take the integers of one tensor for different numbers.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "graph/bias_sum.h"
#include "graph/op_def.h"
#include "graph/qdq.h"
#include "graph/rewriter.h"
#include "kernels/epilogue.h"
#include "ops/int4_matrix.h"
#include "ops/integer_bias.h"
#include "ops/lookup.h"
#include "passes/float_islands.h"
#include "passes/integer_ranges.h"
#include "passes/passes.h"
#include "passes/shift_to_unsigned.h"

namespace octavo {

namespace {

// A float value that is DequantizeLinear of integers; without q, one that is not.
struct Dequantized {
  ValueId q = kNoValue;
  QParams params;

  explicit operator bool() const { return q != kNoValue; }
};

class Lowering {
 public:
  explicit Lowering(Graph& graph) : graph_(graph), uses_(graph), ranges_(integer_ranges(graph)) {}

  void run() {
    for (uint32_t n = 0; n < graph_.nodes.size(); ++n) {
      if (is_quantize(graph_.nodes[n]))
        lower_before(n);
      else if (graph_.nodes[n].op->quant.form(DType::f32, DType::f32))
        lower_dynamic(n);
    }
    // What Q nodes have replaced by now is dead.
    for (Node& node : graph_.nodes)
      if (node.op->quant.form(DType::u8, DType::f32)) lower_to_float(node);
    // What no integers meet.
    for (uint32_t n = 0; n < graph_.nodes.size(); ++n) lower_four_bits(n, nullptr);
  }

  const Obstacles& obstacles() const { return obstacles_; }

 private:
  Node* producer(ValueId id) {
    return uses_.producer[id] == Uses::kNone ? nullptr : &graph_.nodes[uses_.producer[id]];
  }

  // Those that an integer operator can compute with: none has blocks, but for matrices with a scale a row. Foreign
  // files have scales of 0, infinity and NaN, for tensors that were constant in calibration, and what ONNX says of
  // those is said by the float form alone.
  std::optional<QParams> usable_qparams(const Node& node, bool by_row = false) const {
    auto params = read_qparams(graph_, node);
    const auto is_usable = [](float s) { return s > 0 && std::isfinite(s); };
    if (params && params->blocked() && !(by_row && is_by_row(*params, *graph_[node.inputs[0]].shape)))
      return std::nullopt;
    if (params && !std::ranges::all_of(params->scale, is_usable)) return std::nullopt;
    return params;
  }

  Dequantized dequantized(ValueId id, bool by_row = false) {
    Dequantized found;
    const Node* node = id == kNoValue ? nullptr : producer(id);
    if (node == nullptr || !is_dequantize(*node)) return found;
    if (auto params = usable_qparams(*node, by_row)) {
      found.q = node->inputs[0];
      found.params = std::move(*params);
    }
    return found;
  }

  // The same for an activation: 8 bits unsigned, one scale.
  Dequantized dequantized_activation(ValueId id) {
    Dequantized found = dequantized(id);
    if (found && (!found.params.per_tensor() || graph_[found.q].dtype != DType::u8)) found.q = kNoValue;
    if (!found) return found;
    found.params.qmin = ranges_[found.q].qmin;
    found.params.qmax = ranges_[found.q].qmax;
    return found;
  }

  // A constant, or dequantized from one.
  bool is_weight(ValueId id) {
    if (id == kNoValue || graph_[id].is_constant()) return id != kNoValue;
    const Node* node = producer(id);
    return node && is_dequantize(*node) && graph_.constant_input(*node, 0);
  }

  static void add_input(Node& integer, Dequantized&& input) {
    integer.inputs.push_back(input.q);
    integer.lowered.input_qparams.push_back(std::move(input.params));
  }

  bool fail(const Node& node, std::string_view reason) {
    obstacles_.add(node.name, reason);
    return false;
  }

  // Only then are the shapes of weights, bias and bounds those of the operator.
  bool is_checked(const Node& node) {
    return graph_.knows_types(node) || fail(node, "the rank of an input is unknown");
  }

  // Replaces the Q node `n` and the operator before it.
  bool lower_before(uint32_t n) {
    Node& quantize = graph_.nodes[n];
    const auto out = usable_qparams(quantize);
    if (out && out->per_tensor()) skip_clamps(quantize, *out);
    Node* last = producer(quantize.inputs[0]);
    if (last == nullptr) return false;
    if (!out || !out->per_tensor() || graph_[quantize.outputs[0]].dtype != DType::u8)
      return fail(*last, "its output is not quantized to 8 bits with one positive scale");
    if (uses_.only_consumer(quantize.inputs[0]) == Uses::kNone)
      return fail(*last, "its float output is read as well");

    if (const auto range = clamp_of(graph_, *last)) {
      const Node* clamped = producer(last->inputs[0]);
      // An empty range, or one of NaN, is no clamp of integers.
      const bool belongs = clamped && range->low <= range->high &&
                           uses_.only_consumer(last->inputs[0]) != Uses::kNone &&
                           clamped->op->quant.requantizes();
      if (belongs && replace(n, *clamped, quantize.outputs[0], *out, range)) return true;
    }
    return replace(n, *last, quantize.outputs[0], *out, std::nullopt);
  }

  // Has a Q node read what is before clamps that its own integers saturate to, and that nobody else reads.
  void skip_clamps(Node& quantize, const QParams& out) {
    while (const Node* clamp = producer(quantize.inputs[0])) {
      const auto range = clamp_of(graph_, *clamp);
      if (!range || !(range->low <= range->high) || uses_.only_consumer(quantize.inputs[0]) == Uses::kNone ||
          quantize_bound(range->low, out) > out.qmin || quantize_bound(range->high, out) < out.qmax)
        return;
      quantize.inputs[0] = clamp->inputs[0];
    }
  }

  // Puts the integer form of `node`, or of the product that it gives a bias, in the place of node n.
  bool replace(uint32_t n, const Node& node, ValueId output, const QParams& out, std::optional<Clamp> clamp) {
    for (const ValueId input : node.inputs)
      if (const Node* product = input == kNoValue ? nullptr : producer(input))
        if (const auto sum = bias_sum_behind(graph_, uses_, *product);
            sum && &graph_.nodes[sum->node] == &node && dequantized_activation(product->inputs[0]) &&
            replace(n, *product, output, out, clamp, sum->bias))
          return true;
    return replace(n, node, output, out, clamp, kNoValue);
  }

  bool replace(uint32_t n, const Node& node, ValueId output, const QParams& out, std::optional<Clamp> clamp,
               ValueId bias) {
    if (!is_checked(node) || !has_form(node)) return false;
    if (node.op->quant.result == ResultRole::moved && node.outputs.size() > 1)
      return lower_parts(n, node, out);
    Node integer;
    const IntegerForm* const form = node.op->quant.form(DType::u8, DType::u8);
    const bool is_lowered = node.op->quant.result == ResultRole::moved ? lower_moving(node, out, integer)
                            : node.op->quant.function                  ? lower_function(node, out, integer)
                            : form != nullptr ? lower_to(*form, node, out, bias, integer)
                                              : fail(node, "it has no integer form");
    if (!is_lowered) return false;
    QParams& result = integer.lowered.output_qparams = out;
    if (clamp) {
      // Rounding is monotonic, so clamping the integer is clamping the float.
      result.qmin = quantize_bound(clamp->low, out);
      result.qmax = quantize_bound(clamp->high, out);
    }
    integer.outputs = {output};
    graph_.nodes[n] = std::move(integer);
    return true;
  }

  static int32_t quantize_bound(float x, const QParams& params) {
    const float q = std::nearbyint(x / params.scale[0]) + static_cast<float>(params.zero_point[0]);
    return static_cast<int32_t>(std::clamp(q, float(params.qmin), float(params.qmax)));
  }

  static void begin(Node& integer, const Node& node, std::string_view op) {
    integer.op = &get_op(op);
    integer.name = node.name;
    integer.attrs = node.attrs;
    integer.lowered.channels_last = node.lowered.channels_last;
  }

  static bool has_no_zero_points(const QParams& params) {
    return std::ranges::all_of(params.zero_point, [](int32_t z) { return z == 0; });
  }

  // In products of int8: a weight less its zero_point is twice as large.
  static int64_t sum_depth(const Shape& weights, int axis, const QParams& params, int matrix_axis = -1) {
    const int64_t matrices = matrix_axis < 0 ? 1 : std::max<int64_t>(weights[matrix_axis], 1);
    return products_per_sum(weights, axis) / matrices * (has_no_zero_points(params) ? 1 : 2);
  }

  // The s8 weights that are input `i` of a node, or nothing, with the reason noted.
  Dequantized weights_of(const Node& node, std::size_t i) {
    Dequantized weights = dequantized(node.inputs[i], node.op->quant.matrix_axis >= 0);
    if (const std::string_view obstacle = obstacle_of(node, node.inputs[i], weights); !obstacle.empty()) {
      fail(node, obstacle);
      weights.q = kNoValue;
    }
    return weights;
  }

  // Why they are no weights of integers, or "".
  std::string_view obstacle_of(const Node& node, ValueId id, const Dequantized& weights) {
    const QuantRule& rule = node.op->quant;
    const int matrix_axis = rule.matrix_axis;
    if (!is_weight(id)) return "its weights are computed at run time";
    const auto bias = rule.input_of(OperandRole::bias);
    if (bias && node.has_input(*bias) && !is_weight(node.inputs[*bias]))
      return "its bias is computed at run time";
    if (!weights || !graph_[weights.q].is_constant())
      return "its weights are not constants quantized with positive scales";
    if (graph_[weights.q].dtype != DType::s8) return "its weights are not int8";
    const QParams& params = weights.params;
    const int axis = rule.weight_axis(graph_, node);
    const bool is_symmetric = has_no_zero_points(params);
    const int64_t groups = node.attrs.get_int("group", 1);
    const Shape& shape = *graph_[weights.q].shape;
    const bool is_depthwise = shape.rank() == 4 && shape[1] == 1 && shape[0] == groups;
    if (!is_symmetric && groups > 1 && !is_depthwise) return "its weights have zero points, in groups";
    if (!is_symmetric && sum_depth(shape, axis, params, matrix_axis) > kernels::max_reduction)
      return "its sums are too long for weights with zero points";
    if (!params.per_tensor() && !params.blocked() && params.axis != axis && params.axis != matrix_axis)
      return "its weights are not quantized along the output channels";
    return "";
  }

  // False, with the reason noted, where the operator itself says that this node has no integer form.
  bool has_form(const Node& node) {
    std::string reason = node.op->quant.obstacle ? node.op->quant.obstacle(graph_, node) : "";
    return reason.empty() || fail(node, reason);
  }

  // The node of `form`, with every input by its role; `added`: a bias that the node does not have itself, or kNoValue.
  bool lower_to(const IntegerForm& form, const Node& node, const QParams& out, ValueId added, Node& integer) {
    begin(integer, node, form.op);
    Dequantized weights;
    std::vector<ValueId> inputs = node.inputs;
    if (added != kNoValue) {
      inputs.resize(2);
      inputs.push_back(added);
    }
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const ValueId id = inputs[i];
      switch (node.op->quant.role(i)) {
        case OperandRole::activation: {
          Dequantized input = dequantized_activation(id);
          if (!input)
            return fail(node, text("its input '{}' is not quantized to 8 bits with one positive scale",
                                   id == kNoValue ? "" : graph_[id].name));
          add_input(integer, std::move(input));
          break;
        }
        case OperandRole::weight:
          weights = weights_of(node, i);
          if (!weights) return false;
          integer.inputs.push_back(weights.q);
          integer.lowered.input_qparams.push_back(weights.params);
          break;
        case OperandRole::bias: {
          if (id == kNoValue) break;
          const float input_scale = integer.lowered.input_qparams[0].scale[0];
          const ValueId bias = bias_of(node, id, input_scale, weights, out.scale[0] / 2);
          if (bias == kNoValue) return false;
          integer.inputs.push_back(bias);
          break;
        }
        case OperandRole::untouched: integer.inputs.push_back(id); break;
      }
    }
    return true;
  }

  // kNoValue where there is none, with the reason noted.
  ValueId bias_of(const Node& node, ValueId id, float input_scale, const Dequantized& weights,
                  float tolerance) {
    const Dequantized quantized = dequantized(id);
    const ConstantTensor source = graph_[quantized ? quantized.q : id].constant;
    if (!source) {
      fail(node, "its bias has no positive scale");
      return kNoValue;
    }
    const Shape& w = *graph_[weights.q].shape;
    const int axis = node.op->quant.weight_axis(graph_, node);
    auto bias = integer_bias(
        {*source, quantized ? &quantized.params : nullptr},
        {input_scale, weights.params.scale, w[axis], sum_depth(w, axis, weights.params), tolerance});
    if (!bias) {
      fail(node, bias.error());
      return kNoValue;
    }
    return graph_.add_constant(graph_.unique_value_name(text("{}.bias_s32", node.name)), std::move(*bias));
  }

  bool lower_function(const Node& node, const QParams& out, Node& integer) {
    const Dequantized input = dequantized_activation(node.inputs[0]);
    if (!input) return fail(node, "its input is not quantized to 8 bits with one positive scale");
    begin(integer, node, node.op->quant.forms[0].op);
    integer.attrs = {};
    Tensor table =
        make_table(input.params, out, [&](float x) { return node.op->quant.function(graph_, node, x); });
    integer.inputs = {input.q, graph_.add_constant(graph_.unique_value_name(text("{}.table", node.name)),
                                                   std::move(table))};
    return true;
  }

  bool lower_moving(const Node& node, const QParams& out, Node& integer) {
    const Dequantized input = dequantized_activation(node.inputs[0]);
    const bool is_same = input && input.params.same_meaning(out) && input.params.qmin >= out.qmin &&
                         input.params.qmax <= out.qmax;
    if (!is_same)
      return fail(node, "its input and output are not quantized with the same scale and zero_point");
    begin(integer, node, node.op->name);
    integer.inputs = node.inputs;
    integer.inputs[0] = input.q;
    return true;
  }

  // The same for an operator of several outputs, in the place of the first Q node, which is n.
  bool lower_parts(uint32_t n, const Node& node, const QParams& out) {
    Node integer;
    if (!lower_moving(node, out, integer)) return false;
    std::vector<uint32_t> quantizers;
    for (ValueId output : node.outputs) {
      const uint32_t reader = output == kNoValue ? Uses::kNone : uses_.only_consumer(output);
      if (reader == Uses::kNone || !is_quantize(graph_.nodes[reader]) ||
          usable_qparams(graph_.nodes[reader]) != out)
        return fail(node, "its outputs are not all quantized with the same scale and zero_point");
      quantizers.push_back(reader);
    }
    integer.lowered.output_qparams = out;
    for (const uint32_t q : quantizers) {
      Node& quantize = graph_.nodes[q];
      integer.outputs.push_back(quantize.outputs[0]);
      // It is left with an output that nobody reads.
      quantize.op = &get_op("Identity");
      quantize.outputs = {graph_.add_value({})};
    }
    graph_.nodes[n] = std::move(integer);
    return true;
  }

  // DQ → op → float: nobody asked for its result as integers. A bias stays float, too.
  void lower_to_float(Node& node) {
    if (obstacles_.find(node.name) != nullptr) return;
    Dequantized input = dequantized_activation(node.inputs[0]);
    if (!input || !is_checked(node)) return;
    Dequantized weights = weights_of(node, 1);
    if (!weights || !has_form(node)) return;
    Node integer;
    begin(integer, node, node.op->quant.form(DType::u8, DType::f32)->op);
    add_input(integer, std::move(input));
    add_input(integer, std::move(weights));
    integer.inputs.insert(integer.inputs.end(), node.inputs.begin() + 2, node.inputs.end());
    integer.outputs = node.outputs;
    node = std::move(integer);
  }

  // DynamicQuantizeLinear(x) → DQ → op(…, DQ(w)): op ranges and quantizes x itself.
  bool lower_dynamic(uint32_t n) {
    const Node& node = graph_.nodes[n];
    const Node* dequantize = producer(node.inputs[0]);
    if (dequantize == nullptr || !is_dequantize(*dequantize)) return false;
    const Node* quantize = producer(dequantize->inputs[0]);
    // Only operators that compute row by row can range their input so.
    const bool dynamic = quantize && is_dynamic_quantize(*quantize) &&
                         dequantize->inputs == quantize->outputs &&
                         (node.op->quant.by_row || quantize->notes.granularity == Granularity::tensor);
    if (!dynamic || !is_checked(node)) return false;
    if (lower_four_bits(n, quantize)) return true;
    if (node.op->quant.has_state && !node.notes.quantized_state) return fail(node, "its state is float");

    Node integer;
    begin(integer, node, node.op->quant.form(DType::f32, DType::f32)->op);
    integer.notes = quantize->notes;
    integer.inputs = node.inputs;
    integer.inputs[0] = quantize->inputs[0];
    integer.lowered.input_qparams.resize(node.inputs.size());
    for (std::size_t i = 1; i < node.inputs.size(); ++i) {
      if (node.op->quant.role(i) != OperandRole::weight) continue;
      Dequantized weights = weights_of(node, i);
      if (!weights) return false;
      integer.inputs[i] = weights.q;
      integer.lowered.input_qparams[i] = std::move(weights.params);
    }
    if (!has_form(node)) return false;
    integer.outputs = node.outputs;
    graph_.nodes[n] = std::move(integer);
    return true;
  }

  // op(x, DQ(w)) with w of 4 bits becomes an operator that unpacks them as it goes; `quantize`: of x, if that is
  // ranged at run time.
  bool lower_four_bits(uint32_t n, const Node* quantize) {
    const Node& node = graph_.nodes[n];
    const QuantRule& rule = node.op->quant;
    if (rule.four_bits == nullptr || !graph_.knows_types(node)) return false;
    const Node* const dequantize = producer(node.inputs[1]);
    const Tensor* const w =
        dequantize && is_dequantize(*dequantize) ? graph_.constant_input(*dequantize, 0) : nullptr;
    if (w == nullptr) return false;
    auto params = read_qparams(graph_, *dequantize);
    if (!params || !is_int4_matrix(*w, *params, rule.weight_axis(graph_, node)) || !has_form(node))
      return false;
    Node integer;
    begin(integer, node, quantize ? rule.four_bits->dynamic : rule.four_bits->weights_only);
    integer.inputs = node.inputs;
    integer.inputs[1] = dequantize->inputs[0];
    integer.lowered.input_qparams.resize(node.inputs.size());
    integer.lowered.input_qparams[1] = std::move(*params);
    if (quantize) {
      integer.notes = quantize->notes;
      integer.inputs[0] = quantize->inputs[0];
    }
    integer.outputs = node.outputs;
    graph_.nodes[n] = std::move(integer);
    return true;
  }

  Graph& graph_;
  Uses uses_;
  std::vector<IntegerRange> ranges_;  // by value of the graph as it was given
  Obstacles obstacles_;
};

bool is_quantized(const Graph& graph) {
  return std::ranges::any_of(
      graph.nodes, [](const Node& node) { return is_dequantize(node) || is_dynamic_quantize(node); });
}

}  // namespace

std::vector<FloatIsland> lower_qdq(Graph& graph) {
  if (!is_quantized(graph)) return {};
  merge_quantize(graph);
  integer_normalizations(graph);
  shift_to_unsigned(graph);
  Lowering lowering(graph);
  lowering.run();
  integer_activation_products(graph);
  gather_integers(graph);
  remove_dead(graph);
  return find_islands(graph, lowering.obstacles());
}

}  // namespace octavo
