// scale · clip(slope·x + offset, low, high) → HardSigmoid(x) when it runs from 0 to 1; x · that → HardSwish(x).
#include <cmath>
#include <limits>
#include <optional>

#include "graph/op_def.h"
#include "passes/passes.h"

namespace octavo {

namespace {

bool near(double a, double b) { return std::abs(a - b) <= 1e-5 * std::max(1.0, std::abs(b)); }

// factor · of + term, as one node computes it from a value and a constant scalar.
struct Linear {
  ValueId of;
  double factor = 1, term = 0;
};

// clip(slope·x + offset, low, high)
struct Ramp {
  ValueId x;
  double slope, offset, low, high;

  bool is_unit() const { return near(low, 0) && near(high, 1); }
  bool is_hard_swish() const { return is_unit() && near(slope, 1.0 / 6) && near(offset, 0.5); }
};

class Matcher {
 public:
  explicit Matcher(const Graph& graph) : graph_(graph), uses_(graph) {}

  const Node* producer(ValueId id) const {
    const uint32_t n = uses_.producer[id];
    return n == Uses::kNone || !graph_.knows_ranks(graph_.nodes[n]) ? nullptr : &graph_.nodes[n];
  }

  // Mul, Div, Add or Sub of something and a constant scalar.
  std::optional<Linear> linear(ValueId id) const {
    const Node* node = producer(id);
    if (node == nullptr) return std::nullopt;
    const std::string_view op = node->op->name;
    const bool commutes = op == "Mul" || op == "Add";
    if (!commutes && op != "Div" && op != "Sub") return std::nullopt;
    for (int data : {0, 1}) {
      const auto constant = scalar(*node, 1 - data);
      if (!constant || graph_[node->inputs[data]].is_constant() || (data == 1 && !commutes)) continue;
      if (op == "Mul") return Linear{node->inputs[data], *constant, 0};
      if (op == "Div") return Linear{node->inputs[data], 1 / *constant, 0};
      return Linear{node->inputs[data], 1, op == "Add" ? *constant : -*constant};
    }
    return std::nullopt;
  }

  std::optional<Ramp> ramp(ValueId id) const {
    const Node* node = producer(id);
    if (node == nullptr) return std::nullopt;
    if (node->op->name == "HardSigmoid")
      return Ramp{node->inputs[0], node->attrs.get_float("alpha", 0.2f), node->attrs.get_float("beta", 0.5f),
                  0, 1};
    if (node->op->name == "Clip") return clip(*node);
    const auto outer = linear(id);
    if (!outer || outer->term != 0 || outer->factor <= 0) return std::nullopt;
    const Node* inner = producer(outer->of);
    if (inner == nullptr || inner->op->name != "Clip") return std::nullopt;
    auto ramp = clip(*inner);
    if (!ramp) return std::nullopt;
    for (double* part : {&ramp->slope, &ramp->offset, &ramp->low, &ramp->high}) *part *= outer->factor;
    return ramp;
  }

  // What x is multiplied with, if `node` is x · ramp(x).
  std::optional<Ramp> gated(const Node& node) const {
    if (node.op->name != "Mul") return std::nullopt;
    for (int gate : {0, 1}) {
      const auto found = ramp(node.inputs[gate]);
      if (found && found->x == node.inputs[1 - gate]) return found;
    }
    return std::nullopt;
  }

  // The same, scaled by a constant afterwards.
  std::optional<Ramp> scaled_gated(const Node& node) const {
    const auto outer = linear(node.outputs[0]);
    const Node* product = outer && outer->term == 0 ? producer(outer->of) : nullptr;
    if (product == nullptr) return std::nullopt;
    auto found = gated(*product);
    if (found)
      for (double* part : {&found->slope, &found->offset, &found->low, &found->high}) *part *= outer->factor;
    return found;
  }

 private:
  std::optional<double> scalar(const Node& node, std::size_t i) const {
    const Tensor* tensor = graph_.constant_input(node, i);
    if (tensor == nullptr || tensor->dtype() != DType::f32 || tensor->shape().elements() != 1)
      return std::nullopt;
    return tensor->span<float>()[0];
  }

  std::optional<Ramp> clip(const Node& node) const {
    const auto low = scalar(node, 1), high = scalar(node, 2);
    if (!low || !high) return std::nullopt;
    Ramp ramp{node.inputs[0], 1, 0, *low, *high};
    for (auto step = linear(ramp.x); step; step = linear(ramp.x)) {
      ramp.offset += ramp.slope * step->term;
      ramp.slope *= step->factor;
      ramp.x = step->of;
    }
    return ramp;
  }

  const Graph& graph_;
  Uses uses_;
};

}  // namespace

int recognise_hard_swish(Graph& graph) {
  // Matches are found in the graph as it was; nodes change in place and keep their outputs.
  const Graph original = graph;
  const Matcher matcher(original);
  int changes = 0;
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const Node& node = original.nodes[n];
    if (node.outputs.size() != 1 || original[node.outputs[0]].dtype != DType::f32) continue;
    if (!original.knows_ranks(node)) continue;
    auto match = matcher.gated(node);
    if (!match || !match->is_hard_swish()) match = matcher.scaled_gated(node);
    const bool is_hard_swish = match && match->is_hard_swish();
    if (!is_hard_swish) match = node.op->name == "HardSigmoid" ? std::nullopt : matcher.ramp(node.outputs[0]);
    const bool is_plain_clip = match && near(match->slope, 1) && near(match->offset, 0);
    if (!match || !match->is_unit() || is_plain_clip) continue;
    // A constant of one element, but of more axes than x, would give the result its axes.
    if (original[node.outputs[0]].shape->rank() != original[match->x].shape->rank()) continue;

    Node& replaced = graph.nodes[n];
    replaced.op = &get_op(is_hard_swish ? "HardSwish" : "HardSigmoid");
    replaced.attrs = {};
    if (!is_hard_swish) {
      replaced.attrs.set("alpha", static_cast<float>(match->slope));
      replaced.attrs.set("beta", static_cast<float>(match->offset));
    }
    replaced.inputs = {match->x};
    ++changes;
  }
  return changes;
}

}  // namespace octavo
