#include "graph/op_def.h"

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

}  // namespace octavo
