#include "graph/op_def.h"

#include <algorithm>

#include "base/error.h"

namespace octavo {

std::optional<std::vector<int64_t>> InferContext::known_ints(std::size_t i) const {
  if (i >= inputs.size() || inputs[i].known == nullptr) return std::nullopt;
  return to_int64(inputs[i].known->view());
}

constinit const RegisterOp* RegisterOp::first_ = nullptr;

const OpDef* find_op(std::string_view name) {
  for (const RegisterOp* op = RegisterOp::first_; op != nullptr; op = op->next_)
    if (op->def_.name == name) return &op->def_;
  return nullptr;
}

const OpDef& get_op(std::string_view name) {
  const OpDef* op = find_op(name);
  require(op != nullptr, ErrorCode::unsupported, "operator '", name, "' is not part of this build");
  return *op;
}

std::optional<Clamp> clamp_of(const Graph& graph, const Node& node) {
  if (node.op->quant.clamp == nullptr || !graph.knows_types(node)) return std::nullopt;
  return node.op->quant.clamp(graph, node);
}

std::vector<const OpDef*> readable_operators() {
  std::vector<const OpDef*> operators;
  for (const RegisterOp* op = RegisterOp::first_; op != nullptr; op = op->next_)
    if (!op->def_.is_own()) operators.push_back(&op->def_);
  return operators;
}

void check_attributes(const Node& node) {
  for (const auto& [name, value] : node.attrs) {
    const auto known = std::ranges::find(node.op->attributes, std::string_view(name), &AttrDef::name);
    if (known == node.op->attributes.end()) {
      std::string names;
      for (const AttrDef& attribute : node.op->attributes)
        names += text(names.empty() ? "'" : ", '", attribute.name, '\'');
      fail(ErrorCode::unsupported, {"the attribute '", name, "' is unknown; ",
                                    names.empty() ? "there are none" : "known are ", names});
    }
    require(known->kind == kind_of(value), ErrorCode::invalid_graph, "attribute '", name,
            "' has the wrong type");
  }
}

}  // namespace octavo
