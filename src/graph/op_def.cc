#include "graph/op_def.h"

#include <map>

#include "base/error.h"

namespace octavo {

namespace {

std::map<std::string_view, OpDef>& registry() {
  static std::map<std::string_view, OpDef> ops;
  return ops;
}

}  // namespace

std::optional<std::vector<int64_t>> InferContext::known_ints(std::size_t i) const {
  if (i >= inputs.size() || inputs[i].known == nullptr) return std::nullopt;
  return to_int64(inputs[i].known->view());
}

RegisterOp::RegisterOp(OpDef def) { registry().emplace(def.name, def); }

const OpDef* find_op(std::string_view name) {
  const auto found = registry().find(name);
  return found == registry().end() ? nullptr : &found->second;
}

const OpDef& get_op(std::string_view name) {
  const OpDef* op = find_op(name);
  require(op != nullptr, ErrorCode::unsupported, "operator '", name, "' is not part of this build");
  return *op;
}

}  // namespace octavo
