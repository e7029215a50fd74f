#include "graph/rewrite.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>

#include "base/error.h"
#include "graph/editor.h"
#include "graph/op_def.h"

namespace octavo {

namespace {

// One place of a pattern.
struct Term {
  enum class Kind : uint8_t { value, number, node };
  struct Attribute {
    std::string_view name, number;
    std::optional<double> fallback = std::nullopt;
  };
  Kind kind = Kind::value;
  std::string_view name;  // of an operator, a value or, without its $, a number
  std::vector<Term> inputs = {};
  std::vector<Attribute> attributes = {};
};

// Reads the text of a row. Rows are ours: what does not fit the grammar is a bug.
class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  Term term() {
    const bool is_number = take('$');
    Term term{is_number ? Term::Kind::number : Term::Kind::value, word()};
    if (is_number || !take('(')) return term;
    term.kind = Term::Kind::node;
    do {
      const std::string_view before = rest_;
      const std::string_view name = word();
      if (!name.empty() && take(':')) {
        take('$');
        term.attributes.push_back({name, word()});
        if (take('=')) term.attributes.back().fallback = number();
      } else {
        rest_ = before;
        term.inputs.push_back(this->term());
      }
    } while (take(','));
    if (!take(')')) std::abort();
    return term;
  }

 private:
  bool take(char c) {
    while (rest_.starts_with(' ')) rest_.remove_prefix(1);
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    while (rest_.starts_with(' ')) rest_.remove_prefix(1);
    return true;
  }
  std::string_view word() {
    const std::size_t length = std::min(rest_.find_first_of(" ,:()=$"), rest_.size());
    const std::string_view found = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return found;
  }
  // Digits with a point among them.
  double number() {
    double value = 0, unit = 0;
    for (char c : word()) {
      if (c == '.') {
        unit = 1;
        continue;
      }
      value = 10 * value + (c - '0');
      unit *= 10;
    }
    return unit > 0 ? value / unit : value;
  }

  std::string_view rest_;
};

struct Row {
  Term pattern, replacement;
  bool (*when)(Bindings&);
  bool alone;
};

class Rewriter {
 public:
  Rewriter(Graph& graph, std::span<const Rewrite> rows) : editor_(graph) {
    for (const Rewrite& row : rows)
      rows_.push_back({Parser(row.pattern).term(), Parser(row.replacement).term(), row.when, row.alone});
  }

  int run() {
    int changes = 0;
    for (uint32_t n = 0; n < graph().nodes.size(); ++n)
      while (rewrite(n)) ++changes;
    if (changes > 0) editor_.finish();
    return changes;
  }

 private:
  const Graph& graph() const { return editor_.graph(); }
  int rank(ValueId id) const { return graph()[id].shape ? graph()[id].shape->rank() : -1; }

  bool rewrite(uint32_t n) {
    const Node& node = graph().nodes[n];
    for (const Row& row : rows_) {
      Bindings bindings;
      alone_ = row.alone;
      if (!matches(row.pattern, node, bindings) || graph()[node.outputs[0]].dtype != DType::f32) continue;
      if (!row.when(bindings) || !keeps_rank(row.replacement, node, bindings)) continue;
      auto [op, attrs, inputs] = build(row.replacement, node, bindings);
      editor_.become(n, *op, inputs).attrs = std::move(attrs);
      return true;
    }
    return false;
  }

  bool keeps_rank(const Term& replacement, const Node& node, Bindings& bindings) const {
    for (const Term& input : replacement.inputs) {
      if (input.kind == Term::Kind::node && !keeps_rank(input, node, bindings)) return false;
      if (input.kind == Term::Kind::value && rank(bindings.value(input.name)) != rank(node.outputs[0]))
        return false;
    }
    return true;
  }

  bool matches(const Term& term, const Node& node, Bindings& bindings) const {
    if (node.op->name != term.name || node.inputs.size() != term.inputs.size() || node.outputs.size() != 1 ||
        !graph().knows_types(node) || !match_attributes(term, node, bindings))
      return false;
    const std::size_t values = bindings.values.size(), numbers = bindings.numbers.size();
    if (match_inputs(term, node, false, bindings)) return true;
    bindings.values.resize(values);
    bindings.numbers.resize(numbers);
    return node.op->commutes && match_inputs(term, node, true, bindings);
  }

  bool match_inputs(const Term& term, const Node& node, bool swapped, Bindings& bindings) const {
    const std::size_t count = term.inputs.size();
    for (std::size_t i = 0; i < count; ++i)
      if (!match(term.inputs[i], node.inputs[swapped ? count - 1 - i : i], bindings)) return false;
    return true;
  }

  static bool match_attributes(const Term& term, const Node& node, Bindings& bindings) {
    for (const auto& [name, value] : node.attrs)
      if (std::ranges::find(term.attributes, name, &Term::Attribute::name) == term.attributes.end())
        return false;
    for (const auto& [name, number, fallback] : term.attributes) {
      if (!node.attrs.has(name) && !fallback) return false;
      bindings[number] = node.attrs.get_float(name, static_cast<float>(fallback.value_or(0)));
    }
    return true;
  }

  bool match(const Term& term, ValueId id, Bindings& bindings) const {
    if (id == kNoValue) return false;
    const Tensor* constant = graph()[id].constant.get();
    switch (term.kind) {
      case Term::Kind::number:
        if (!constant || constant->dtype() != DType::f32 || constant->shape().elements() != 1) return false;
        bindings[term.name] = constant->span<float>()[0];
        return true;
      case Term::Kind::value: return constant == nullptr && bindings.value(term.name, id) == id;
      case Term::Kind::node: break;
    }
    const Node* node = editor_.producer(id);
    if (node == nullptr || (alone_ && editor_.uses().only_consumer(id) == Uses::kNone)) return false;
    return matches(term, *node, bindings);
  }

  struct Built {
    const OpDef* op;
    Attrs attrs;
    std::vector<ValueId> inputs;
  };

  Built build(const Term& term, const Node& root, Bindings& bindings) {
    Built built{&get_op(term.name), {}, {}};
    for (const auto& [name, number, fallback] : term.attributes)
      built.attrs.set(name, static_cast<float>(bindings[number]));
    // Adding nodes moves `root`.
    const std::string stem = root.name;
    const TensorType like = graph()[root.outputs[0]];
    for (const Term& input : term.inputs) {
      if (input.kind == Term::Kind::value) {
        built.inputs.push_back(bindings.value(input.name));
        continue;
      }
      Built inner = build(input, root, bindings);
      Node& node = editor_.add_node(*inner.op, inner.inputs, text("{}_{}", stem, input.name), like);
      node.attrs = std::move(inner.attrs);
      built.inputs.push_back(node.outputs[0]);
    }
    return built;
  }

  GraphEditor editor_;
  std::vector<Row> rows_;
  bool alone_ = false;  // of the row that is matched
};

template <class T>
T& entry(std::vector<std::pair<std::string_view, T>>& list, std::string_view name, T fallback) {
  const auto found = std::ranges::find(list, name, [](const auto& each) { return each.first; });
  return found != list.end() ? found->second : list.emplace_back(name, fallback).second;
}

}  // namespace

ValueId Bindings::value(std::string_view name, ValueId id) { return entry(values, name, id); }
double& Bindings::operator[](std::string_view name) { return entry(numbers, name, 0.0); }

int apply_rewrites(Graph& graph, std::span<const Rewrite> rows) { return Rewriter(graph, rows).run(); }

}  // namespace octavo
