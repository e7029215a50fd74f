// Reshape(x, sizes) and Expand(x, sizes), where a run computes the sizes of those of x and of numbers → the same with
// constant sizes, 0 or 1 where they are those of x; and lists of sizes that are known after all → constants. What
// exporters write of networks whose batch and length are open.
#include <algorithm>

#include "graph/editor.h"
#include "graph/op_def.h"
#include "passes/passes.h"
#include "passes/sizes.h"

namespace octavo {

namespace {

// The operators of the algebra.
constexpr std::string_view kReshape = "Reshape", kExpand = "Expand";

using Numbers = std::vector<int64_t>;

// Elements that are all numbers.
std::optional<Numbers> numbers_of(const KnownSizes::Elements& elements) {
  Numbers numbers;
  for (const auto& each : elements) {
    if (!each || !each->is_number()) return std::nullopt;
    numbers.push_back(each->number);
  }
  return numbers;
}

// The new shape of x: 0 for a size of x in its place, and one -1 for what is left.
std::optional<Numbers> settled_reshape(const KnownSizes::Elements& elements, const std::vector<Size>& x,
                                       bool zero_is_zero) {
  Numbers numbers;
  for (std::size_t i = 0; i < elements.size(); ++i) {
    const auto& each = elements[i];
    if (each && each->is_number()) {
      if (each->number == 0 && zero_is_zero) return std::nullopt;
      numbers.push_back(each->number);
    } else {
      numbers.push_back(each && i < x.size() && *each == x[i] ? 0 : -1);
    }
  }
  return std::ranges::count(numbers, -1) <= 1 ? std::optional(numbers) : std::nullopt;
}

// The shape that x is expanded to: 1 for a size of x in its place.
std::optional<Numbers> settled_expand(const KnownSizes::Elements& elements, const std::vector<Size>& x) {
  Numbers numbers;
  for (std::size_t i = 0; i < elements.size(); ++i) {
    const std::size_t behind = elements.size() - i;
    const auto& each = elements[i];
    const bool is_same = each && behind <= x.size() && *each == x[x.size() - behind];
    if (!is_same && !(each && each->is_number())) return std::nullopt;
    numbers.push_back(each->is_number() ? each->number : 1);
  }
  return numbers;
}

Tensor list(const Numbers& numbers) {
  return Tensor::of<int64_t>({static_cast<int64_t>(numbers.size())}, std::span<const int64_t>(numbers));
}

}  // namespace

int settle_sizes(Graph& graph) {
  const KnownSizes sizes(graph);
  GraphEditor editor(graph);
  const std::size_t known = graph.values.size();  // new constants are looked at the next time
  return editor.rewrite_nodes([&](uint32_t n) {
    const Node& node = graph.nodes[n];
    const ValueId y = node.outputs[0];
    if (y == kNoValue || !graph.knows_types(node)) return false;
    if (const auto& elements = sizes.elements(y)) {
      const auto numbers = graph[y].dtype == DType::s64 ? numbers_of(*elements) : std::nullopt;
      if (!numbers || editor.uses().is_output[y] || editor.uses().consumers[y].empty()) return false;
      Tensor constant = list(*numbers);
      if (graph[y].shape->rank() == 0) constant = Tensor::of<int64_t>({}, std::span<const int64_t>(*numbers));
      editor.replace_uses(y, editor.add_constant(graph[y].name, std::move(constant)));
      return true;
    }
    const bool reshapes = node.op->name == kReshape;
    if ((!reshapes && node.op->name != kExpand) || graph[node.inputs[1]].is_constant() ||
        node.inputs[0] >= known)
      return false;
    const auto& elements = sizes.elements(node.inputs[1]);
    const auto& x = sizes.axes(node.inputs[0]);
    if (!elements || !x) return false;
    const auto numbers = reshapes ? settled_reshape(*elements, *x, node.attrs.get_int("allowzero", 0) != 0)
                                  : settled_expand(*elements, *x);
    if (!numbers) return false;
    const ValueId settled = editor.add_constant(graph[node.inputs[1]].name, list(*numbers));
    editor.become(n, *node.op, {}, {node.inputs[0], settled});
    return true;
  });
}

}  // namespace octavo
