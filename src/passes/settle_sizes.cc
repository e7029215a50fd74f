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
constexpr Name kReshape = "Reshape", kExpand = "Expand";

using Numbers = std::vector<int64_t>;

// Whether elements can be constants: those that are numbers, and `same` for a size of x in its place, where x begins at
// element `shift`. What is neither is -1 where `leaves_open`.
bool settle(std::span<const Size> elements, std::span<const Size> x, std::size_t shift, int64_t same,
            bool leaves_open, Numbers& numbers) {
  for (std::size_t i = 0; i < elements.size(); ++i) {
    const bool is_same = i - shift < x.size() && elements[i] == x[i - shift];
    if (!elements[i].is_number() && !is_same && !leaves_open) return false;
    numbers.push_back(elements[i].is_number() ? elements[i].number : is_same ? same : -1);
  }
  return true;
}

// The new shape of x: 0 for a size of x in its place, and one -1 for what is left.
bool settle_reshape(std::span<const Size> elements, std::span<const Size> x, bool zero_is_zero,
                    Numbers& numbers) {
  settle(elements, x, 0, 0, true, numbers);
  return std::ranges::count(numbers, -1) <= 1 && !(zero_is_zero && std::ranges::count(elements, Size{0}));
}

// The shape that x is expanded to: 1 for a size of x in its place.
bool settle_expand(std::span<const Size> elements, std::span<const Size> x, Numbers& numbers) {
  return settle(elements, x, elements.size() - x.size(), 1, false, numbers);
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
    Numbers numbers;
    const auto add = [&](const Shape& shape, ValueId stem) {
      return editor.add_constant(graph[stem].name,
                                 Tensor::of<int64_t>(shape, std::span<const int64_t>(numbers)));
    };
    if (sizes.knows_elements(y)) {
      if (graph[y].dtype != DType::s64 || editor.uses().is_output[y] || editor.uses().consumers[y].empty() ||
          !settle(sizes.elements(y), {}, 0, 0, false, numbers))
        return false;
      const Shape shape = graph[y].shape->rank() == 0 ? Shape{} : Shape{std::ssize(numbers)};
      editor.replace_uses(y, add(shape, y));
      return true;
    }
    const bool reshapes = node.op->name == kReshape;
    if (!reshapes && node.op->name != kExpand) return false;
    const ValueId x = node.inputs[0], to = node.inputs[1];
    if (graph[to].is_constant() || x >= known || !sizes.knows_elements(to)) return false;
    const std::span<const Size> elements = sizes.elements(to);
    const bool is_settled =
        reshapes ? settle_reshape(elements, sizes.axes(x), node.attrs.get_int("allowzero", 0) != 0, numbers)
                 : settle_expand(elements, sizes.axes(x), numbers);
    if (!is_settled) return false;
    editor.become(n, *node.op, {x, add({std::ssize(numbers)}, to)});
    return true;
  });
}

}  // namespace octavo
