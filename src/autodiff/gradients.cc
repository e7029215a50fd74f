#include "autodiff/gradients.h"

#include <algorithm>

#include "autodiff/rule.h"
#include "base/error.h"
#include "graph/qdq.h"
#include "graph/rewriter.h"

namespace octavo {

namespace {

bool is_number(const Value& value) { return value.dtype == DType::f32 || value.dtype == DType::f64; }

// What leads from parameters to the loss.
struct Path {
  Flags values, nodes;

  Path(const Graph& graph, ValueId loss, ValueList parameters, ValueList detached)
      : values(graph.values.size()), nodes(graph.nodes.size()) {
    Flags leads(graph.values.size()), reaches(graph.values.size()), stops(graph.values.size());
    for (ValueId id : detached) stops[id] = true;
    for (ValueId id : parameters) leads[id] = true;
    const auto flows_into = [&](const Node& node, std::size_t i) {
      const GradientRule* const rule = find_rule(*node.op);
      return node.has_input(i) && leads[node.inputs[i]] && !(rule && i < 32 && rule->stops >> i & 1);
    };
    for (const Node& node : graph.nodes) {
      bool flows = false;
      for (std::size_t i = 0; i < node.inputs.size(); ++i) flows |= flows_into(node, i);
      if (!flows) continue;
      for (ValueId id : node.outputs)
        if (id != kNoValue && !stops[id] && (is_number(graph[id]) || is_quantize(node))) leads[id] = true;
    }
    reaches[loss] = true;
    for (std::size_t n = graph.nodes.size(); n-- > 0;) {
      const Node& node = graph.nodes[n];
      for (ValueId id : node.outputs)
        if (id != kNoValue && leads[id] && reaches[id]) nodes[n] = true;
      if (!nodes[n]) continue;
      for (std::size_t i = 0; i < node.inputs.size(); ++i)
        if (flows_into(node, i)) reaches[node.inputs[i]] = true;
    }
    for (ValueId id = 0; id < graph.values.size(); ++id) values[id] = leads[id] && reaches[id];
  }
};

bool has_static_operands(const Graph& graph, const Node& node) {
  for (const std::vector<ValueId>* ids : {&node.inputs, &node.outputs})
    for (ValueId id : *ids)
      if (id != kNoValue && !graph[id].is_static()) return false;
  return true;
}

std::string obstacle(const Graph& graph, const Uses& uses, const Node& node) {
  const GradientRule* const rule = find_rule(*node.op);
  if (!rule) return "it has no gradient rule";
  if (!has_static_operands(graph, node)) return "its shapes are not known";
  return rule->obstacle ? rule->obstacle(graph, uses, node) : std::string();
}

std::vector<MissingGradient> missing_on(const Graph& graph, const Path& path) {
  const Uses uses(graph);
  std::vector<MissingGradient> missing;
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    if (!path.nodes[n]) continue;
    const Node& node = graph.nodes[n];
    std::string reason = obstacle(graph, uses, node);
    if (!reason.empty()) missing.push_back({node.name, std::string(node.op->name), std::move(reason)});
  }
  return missing;
}

}  // namespace

std::vector<MissingGradient> missing_gradients(const Graph& graph, ValueId loss, ValueList parameters) {
  return missing_on(graph, Path(graph, loss, parameters, {}));
}

// Walks the path back.
class Differentiation {
 public:
  Differentiation(Graph& graph, ValueId loss, ValueList parameters, ValueList detached)
      : graph_(graph),
        loss_(loss),
        parameters_(parameters.begin(), parameters.end()),
        detached_(detached.begin(), detached.end()),
        b_(graph) {}

  std::vector<ValueId> run() {
    const Value loss = graph_[loss_];
    require(is_number(loss) && loss.is_static() && loss.shape->elements() == 1, ErrorCode::invalid_graph,
            "the loss '{}' is not one number", loss.name);
    check();
    spell();
    const Path path(graph_, loss_, parameters_, detached_);
    const std::size_t count = graph_.nodes.size();
    b_.wanted_.assign(graph_.values.size(), false);
    b_.gradients_.assign(graph_.values.size(), kNoValue);
    for (ValueId id = 0; id < b_.wanted_.size(); ++id)
      b_.wanted_[id] = path.values[id] && graph_[id].shape->elements() > 0;
    b_.copy_.name = loss.name;
    b_.dtype_ = *loss.dtype;
    b_.gradients_[loss_] = b_.expand(b_.number(1), *loss.shape);
    for (std::size_t n = count; n-- > 0;)
      if (path.nodes[n] && has_gradient(graph_.nodes[n])) differentiate(static_cast<uint32_t>(n));
    std::vector<ValueId> gradients;
    for (ValueId id : parameters_) {
      b_.dtype_ = *graph_[id].dtype;
      const Shape shape = *graph_[id].shape;
      gradients.push_back(b_.gradients_[id] == kNoValue ? b_.zeros(shape) : b_.gradients_[id]);
    }
    return gradients;
  }

 private:
  void check() const {
    const Path path(graph_, loss_, parameters_, detached_);
    for (ValueId id : parameters_)
      require(is_number(graph_[id]) && path.values[id], ErrorCode::invalid_graph,
              "'{}' has no gradient: it does not lead to '{}'", graph_[id].name, graph_[loss_].name);
    const std::vector<MissingGradient> missing = missing_on(graph_, path);
    if (missing.empty()) return;
    const auto& [node, op, reason] = missing[0];
    const std::string others = missing.size() > 1 ? text("; nor can {} more", missing.size() - 1) : "";
    throw Error(ErrorCode::unsupported, text("cannot be differentiated: {}{}", reason, others))
        .at_node(node, op);
  }

  void spell() {
    const Path path(graph_, loss_, parameters_, detached_);
    Flags spelt(graph_.nodes.size());
    const std::size_t count = graph_.nodes.size();
    for (std::size_t n = 0; n < count; ++n) {
      const GradientRule* const rule = path.nodes[n] ? find_rule(*graph_.nodes[n].op) : nullptr;
      if (!rule || !rule->spell) continue;
      spelt[n] = true;
      b_.start(static_cast<uint32_t>(n));
      rule->spell(b_);
    }
    if (b_.became_.empty()) return;
    std::vector<Node> nodes = take_nodes(graph_);
    for (std::size_t n = 0; n < nodes.size(); ++n)
      if (n >= count || !spelt[n]) graph_.nodes.push_back(std::move(nodes[n]));
    std::vector<Redirection> redirections;
    for (const auto& [from, to] : b_.became_) {
      redirections.push_back({from, to});
      if (loss_ == from) loss_ = to;
      std::ranges::replace(parameters_, from, to);
    }
    redirect(graph_, redirections);
    sort_nodes(graph_);
  }

  bool has_gradient(const Node& node) const {
    return std::ranges::any_of(node.outputs, [&](ValueId id) {
      return id != kNoValue && id < b_.gradients_.size() && b_.gradients_[id] != kNoValue &&
             graph_[id].shape->elements() > 0;
    });
  }

  void differentiate(uint32_t n) {
    const GradientRule& rule = *find_rule(*graph_.nodes[n].op);
    b_.start(n);
    for (std::size_t i = 0; i < std::size(rule.formulas); ++i)
      if (!rule.formulas[i].empty() && b_.wants(i)) b_.give(i, b_.formula(rule.formulas[i]));
    if (rule.differentiate) rule.differentiate(b_);
  }

  Graph& graph_;
  ValueId loss_;
  std::vector<ValueId> parameters_, detached_;
  Backward b_;
};

std::vector<ValueId> add_gradients(Graph& graph, ValueId loss, ValueList parameters, ValueList detached) {
  Graph copy = graph;
  std::vector<ValueId> gradients = Differentiation(copy, loss, parameters, detached).run();
  graph = std::move(copy);
  return gradients;
}

}  // namespace octavo
