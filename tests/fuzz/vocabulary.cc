#include "fuzz/vocabulary.h"

#include <algorithm>

#include "graph/op_def.h"
#include "onnx/upgrade.h"

namespace octavo::fuzz {

namespace {

OperatorWord word(std::string_view name, std::span<const AttrDef> attributes) {
  const OpDef named{.name = name};
  return {named.domain(), named.type(), attributes};
}

std::vector<OperatorWord> collect() {
  std::vector<OperatorWord> words = {{"", "Constant", {}}};
  for (const OpDef* op : readable_operators()) words.push_back(word(op->name, op->attributes));
  for (const onnx::Upgrade* row : onnx::all_upgrades())
    if (find_op(row->op) == nullptr) words.push_back(word(row->op, {}));
  // The order of the list is the linker's; a seed means the same in every build.
  std::ranges::sort(words, {}, &OperatorWord::name);
  return words;
}

}  // namespace

std::string OperatorWord::name() const {
  return domain.empty() ? std::string(type) : std::string(domain) + '.' + std::string(type);
}

const std::vector<OperatorWord>& operator_words() {
  static const std::vector<OperatorWord> words = collect();
  return words;
}

const OperatorWord* find_word(std::string_view name) {
  const std::vector<OperatorWord>& words = operator_words();
  const auto found = std::ranges::lower_bound(words, name, {}, &OperatorWord::name);
  return found != words.end() && found->name() == name ? &*found : nullptr;
}

}  // namespace octavo::fuzz
