#include "graph/graph.h"

#include "base/error.h"
#include "graph/op_def.h"

namespace octavo {

namespace {

std::string to_text(const std::string& item) { return text("\"{}\"", item); }
std::string to_text(auto number) { return std::to_string(number); }

template <class T> std::string list(const std::vector<T>& items) {
  std::string out = "[";
  for (const T& item : items) out += text("{}{}", out.size() > 1 ? "," : "", to_text(item));
  return out + ']';
}

std::string to_text(const AttrValue& value) {
  struct Visitor {
    std::string operator()(int64_t v) const { return std::to_string(v); }
    std::string operator()(float v) const { return std::to_string(v); }
    std::string operator()(const std::string& v) const { return text("\"{}\"", v); }
    std::string operator()(const ConstantTensor& v) const {
      return text("{}{}", dtype_name(v->dtype()), v->shape());
    }
    std::string operator()(const std::vector<int64_t>& v) const { return list(v); }
    std::string operator()(const std::vector<float>& v) const { return list(v); }
    std::string operator()(const std::vector<std::string>& v) const { return list(v); }
  };
  return std::visit(Visitor{}, value);
}

std::string to_text(const Graph& graph, ValueId id) {
  if (id == kNoValue) return "-";
  const Value& value = graph[id];
  return text("{}:{}{}", value.name, value.dtype ? dtype_name(*value.dtype) : "?",
              value.shape ? to_string(*value.shape) : "");
}

}  // namespace

std::string dump(const Graph& graph) {
  std::string out;
  for (const Node& node : graph.nodes) {
    for (ValueId id : node.outputs) out += text("{} ", to_text(graph, id));
    out += text("= {}(", node.op->name);
    for (std::size_t i = 0; i < node.inputs.size(); ++i)
      out += text("{}{}", i ? ", " : "", to_text(graph, node.inputs[i]));
    out += ')';
    for (const auto& [name, value] : node.attrs) out += text(" {}={}", name, to_text(value));
    out += '\n';
  }
  return out;
}

}  // namespace octavo
