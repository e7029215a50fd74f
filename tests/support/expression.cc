#include "support/expression.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "base/error.h"

namespace octavo::test {

namespace {

std::string short_number(float x) {
  char digits[32];
  std::snprintf(digits, sizeof digits, "%.4g", static_cast<double>(x));
  return digits;
}

class Parser {
 public:
  Parser(GraphBuilder& b, std::string_view text, const Shape& shape) : b_(b), rest_(text), shape_(shape) {}

  ValueId parse() {
    const ValueId id = value();
    if (!rest_.empty()) throw std::runtime_error(text("'{}' is left of an expression", rest_));
    return id;
  }

 private:
  ValueId value() {
    const std::string_view name = word();
    if (take('(')) return node(name);
    const std::string digits(name);
    char* end = nullptr;
    const float number = std::strtof(digits.c_str(), &end);
    if (end != digits.c_str()) return b_.constant({}, {number});
    for (ValueId id : b_.graph.inputs)
      if (b_.graph[id].name == name) return id;
    return b_.input(std::string(name), shape_);
  }

  ValueId node(std::string_view op) {
    std::vector<ValueId> inputs;
    Attrs attributes;
    do {
      const std::string_view before = rest_, name = word();
      if (take(':')) {
        const std::string_view number = word();
        const float parsed = std::stof(std::string(number));
        if (number.ends_with('i'))
          attributes.set(name, static_cast<int64_t>(parsed));
        else
          attributes.set(name, parsed);
      } else {
        rest_ = before;
        inputs.push_back(value());
      }
    } while (take(','));
    if (!take(')')) throw std::runtime_error(text("no ) before '{}'", rest_));
    return b_.node(op, std::move(inputs), std::move(attributes));
  }

  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    while (rest_.starts_with(' ')) rest_.remove_prefix(1);
    return true;
  }
  std::string_view word() {
    const std::size_t length = std::min(rest_.find_first_of(",:()"), rest_.size());
    const std::string_view found = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return found;
  }

  GraphBuilder& b_;
  std::string_view rest_;
  const Shape& shape_;
};

std::string of_constant(const Tensor& tensor) {
  if (tensor.dtype() != DType::f32 || tensor.shape().elements() != 1)
    return text("{}{}", dtype_name(tensor.dtype()), tensor.shape());
  const std::string number = short_number(tensor.span<float>()[0]);
  return tensor.shape().rank() == 0 ? number : number + "{" + std::to_string(tensor.shape().rank()) + "}";
}

std::string of_attribute(const AttrValue& value) {
  if (const auto* number = std::get_if<float>(&value)) return short_number(*number);
  if (const auto* number = std::get_if<int64_t>(&value)) return text("{}i", *number);
  return "…";
}

}  // namespace

ValueId add_expression(GraphBuilder& b, std::string_view expression, const Shape& shape) {
  return Parser(b, expression, shape).parse();
}

std::string expression(const Graph& graph, ValueId id) {
  if (id == kNoValue) return "-";
  if (graph[id].is_constant()) return of_constant(*graph[id].constant);
  const auto makes = [&](const Node& node) {
    return std::ranges::find(node.outputs, id) != node.outputs.end();
  };
  const auto node = std::ranges::find_if(graph.nodes, makes);
  if (node == graph.nodes.end()) return graph[id].name;
  std::string inputs;
  for (ValueId input : node->inputs) inputs += (inputs.empty() ? "" : ", ") + expression(graph, input);
  for (const auto& [name, value] : node->attrs)
    inputs += text("{}{}: {}", inputs.empty() ? "" : ", ", name, of_attribute(value));
  return text("{}({})", node->op->name, inputs);
}

std::string expression(const Graph& graph) {
  std::string outputs;
  for (ValueId id : graph.outputs) outputs += (outputs.empty() ? "" : ", ") + expression(graph, id);
  return outputs;
}

}  // namespace octavo::test
