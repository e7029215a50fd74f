#include "passes/sizes.h"

#include <algorithm>
#include <iterator>

#include "graph/op_def.h"
#include "ops/operands.h"

namespace octavo {

namespace {

using Elements = KnownSizes::Elements;

// Lists that are longer hold no sizes.
constexpr int64_t kLongest = 16;

std::optional<Size> product(const Size& a, const Size& b) {
  Size c{0};
  if (__builtin_mul_overflow(a.number, b.number, &c.number)) return std::nullopt;
  std::ranges::merge(a.symbols, b.symbols, std::back_inserter(c.symbols));
  return c;
}

std::optional<Size> product(const std::vector<Size>& sizes) {
  std::optional<Size> all = Size{};
  for (const Size& each : sizes)
    if (all) all = product(*all, each);
  return all;
}

// a / b, where it is whole whatever the symbols are.
std::optional<Size> quotient(const Size& a, const Size& b) {
  if (b.number <= 0 || a.number % b.number != 0 || !std::ranges::includes(a.symbols, b.symbols))
    return std::nullopt;
  Size c{a.number / b.number};
  std::ranges::set_difference(a.symbols, b.symbols, std::back_inserter(c.symbols));
  return c;
}

// Of elements, one by one: nothing where nobody knows.
std::optional<Size> computed_element(std::string_view op, const Size& a, const Size& b) {
  const bool are_numbers = a.is_number() && b.is_number();
  if (op == "Mul") return product(a, b);
  if (op == "Div") return are_numbers && b.number > 0 ? Size{a.number / b.number} : quotient(a, b);
  if (op != "Equal") return std::nullopt;
  if (are_numbers || a == b) return Size{a == b};
  // Sizes are not negative.
  const bool differ =
      (a.is_number() && a.number < 0 && b.number > 0) || (b.is_number() && b.number < 0 && a.number > 0);
  return differ ? std::optional(Size{0}) : std::nullopt;
}

// Of a list, from and to places that may be counted from its end.
Elements sliced(const Elements& list, int64_t from, int64_t to) {
  const auto size = static_cast<int64_t>(list.size());
  const auto place = [&](int64_t i) { return std::clamp<int64_t>(i < 0 ? i + size : i, 0, size); };
  return {list.begin() + place(from), list.begin() + std::max(place(from), place(to))};
}

}  // namespace

KnownSizes::KnownSizes(const Graph& graph)
    : graph_(graph), axes_(graph.values.size()), elements_(graph.values.size()) {
  std::vector<bool> is_made(graph.values.size());
  for (const Node& node : graph.nodes)
    for (ValueId id : node.outputs)
      if (id != kNoValue) is_made[id] = true;
  for (ValueId id = 0; id < graph.values.size(); ++id) {
    if (is_made[id]) continue;
    learn_axes(id, {});
    if (graph[id].is_constant()) learn_constant(id);
  }
  for (const Node& node : graph.nodes) {
    const bool is_known = graph.knows_types(node);
    for (std::size_t i = 0; i < node.outputs.size(); ++i)
      if (node.outputs[i] != kNoValue)
        learn_axes(node.outputs[i], is_known && i == 0 ? inferred_axes(node) : std::vector<Size>{});
    const ValueId id = node.outputs[0];
    if (!is_known || id == kNoValue || node.outputs.size() != 1 || !axes_[id] || axes_[id]->size() > 1)
      continue;
    if (graph[id].dtype == DType::s64 || graph[id].dtype == DType::boolean) elements_[id] = computed(node);
  }
}

void KnownSizes::learn_constant(ValueId id) {
  const Tensor& constant = *graph_[id].constant;
  if (constant.dtype() != DType::s64 || constant.shape().rank() > 1 || constant.shape().elements() > kLongest)
    return;
  Elements& elements = elements_[id].emplace();
  for (int64_t each : constant.span<int64_t>()) elements.emplace_back(Size{each});
}

void KnownSizes::learn_axes(ValueId id, const std::vector<Size>& inferred) {
  if (!graph_[id].shape) return;
  const Shape& shape = *graph_[id].shape;
  std::vector<Size>& axes = axes_[id].emplace();
  for (int axis = 0; axis < shape.rank(); ++axis) {
    const bool is_inferred = static_cast<int>(inferred.size()) == shape.rank();
    axes.push_back(shape[axis] != kDynamic ? Size{shape[axis]} : is_inferred ? inferred[axis] : new_symbol());
  }
}

// Along each axis both are of one size, or 1.
void KnownSizes::broadcast(std::vector<Size>& to, std::span<const Size> axes) const {
  if (axes.size() > to.size()) to.insert(to.begin(), axes.size() - to.size(), Size{});
  for (std::size_t i = 0; i < axes.size(); ++i) {
    Size &have = to[to.size() - axes.size() + i], one{};
    if (have == axes[i] || axes[i] == one || (have.is_number() && have != one)) continue;
    have = have == one || axes[i].is_number() ? axes[i] : new_symbol();
  }
}

std::vector<Size> KnownSizes::multiplied(const std::vector<Size>& a, const std::vector<Size>& b) const {
  if (a.size() < 2 || b.size() < 2) return {};
  std::vector<Size> result(a.begin(), a.end() - 2);
  broadcast(result, std::span(b).first(b.size() - 2));
  result.push_back(a[a.size() - 2]);
  result.push_back(b.back());
  return result;
}

std::vector<Size> KnownSizes::reshaped(const Node& node) const {
  const auto& elements = elements_[node.inputs[1]];
  const std::vector<Size>& x = *axes_[node.inputs[0]];
  if (!elements) return {};
  std::vector<Size> result, others;
  for (std::size_t i = 0; i < elements->size(); ++i) {
    const auto& element = (*elements)[i];
    const bool copies = element == Size{0} && node.attrs.get_int("allowzero", 0) == 0 && i < x.size();
    result.push_back(copies ? x[i] : element.value_or(new_symbol()));
    if (element != Size{-1}) others.push_back(result.back());
  }
  const auto all = product(x), known = product(others);
  const auto rest = all && known ? quotient(*all, *known) : std::nullopt;
  for (Size& size : result)
    if (size == Size{-1}) size = rest.value_or(new_symbol());
  return result;
}

std::vector<Size> KnownSizes::expanded(const Node& node) const {
  const auto& elements = elements_[node.inputs[1]];
  if (!elements) return {};
  std::vector<Size> result = *axes_[node.inputs[0]], to;
  for (const auto& each : *elements) to.push_back(each.value_or(new_symbol()));
  broadcast(result, to);
  return result;
}

std::vector<Size> KnownSizes::inferred_axes(const Node& node) const {
  const std::string_view op = node.op->name;
  if (node.op->layout == LayoutRule::elementwise) {
    std::vector<Size> result;
    for (ValueId id : node.inputs)
      if (id != kNoValue) broadcast(result, *axes_[id]);
    return result;
  }
  if (op == "Reshape") return reshaped(node);
  if (op == "Expand") return expanded(node);
  const std::vector<Size>& x = *axes_[node.inputs[0]];
  if (op == "LayerNormalization" || op == "RMSNormalization" || op == "Softmax") return x;
  if (op == "Transpose") {
    std::vector<Size> result;
    for (int64_t axis : node.attrs.get_ints("perm")) result.push_back(x[static_cast<std::size_t>(axis)]);
    return result;
  }
  if (op == "Range") {
    // From 0 on, as many as the limit says.
    const auto only = [&](std::size_t i) {
      const auto& list = elements_[node.inputs[i]];
      return list && list->size() == 1 ? (*list)[0] : std::nullopt;
    };
    const bool counts = only(0) == Size{0} && only(2) == Size{1} && only(1) && only(1)->number > 0;
    return counts ? std::vector{*only(1)} : std::vector<Size>{};
  }
  if (op == "MatMul") return multiplied(x, *axes_[node.inputs[1]]);
  if (op == "Gather") {
    const std::vector<Size>& indices = *axes_[node.inputs[1]];
    const auto axis = normalize_axis(node.attrs.get_int("axis", 0), static_cast<int>(x.size()));
    std::vector<Size> result(x.begin(), x.begin() + axis);
    result.insert(result.end(), indices.begin(), indices.end());
    result.insert(result.end(), x.begin() + axis + 1, x.end());
    return result;
  }
  const bool reduces = op.starts_with("Reduce") && node.attrs.get_int("keepdims", 1) != 0;
  if (op == "Concat" || op == "Slice" || reduces) {
    // Along the other axes they keep the sizes.
    const auto rank = static_cast<int>(x.size());
    const Tensor* const cut = op == "Concat" ? nullptr : graph_.constant_input(node, reduces ? 1 : 3);
    if (op != "Concat" && cut == nullptr) return {};
    const uint32_t changed =
        cut ? axis_mask(cut->view(), rank) : 1u << normalize_axis(node.attrs.get_int("axis", 0), rank);
    std::vector<Size> result = x;
    for (int axis = 0; axis < rank; ++axis)
      if ((changed >> axis & 1) != 0) result[axis] = new_symbol();
    return result;
  }
  const Tensor* const axes = op == "Unsqueeze" ? graph_.constant_input(node, 1) : nullptr;
  if (axes == nullptr || !graph_[node.outputs[0]].shape) return {};
  const int rank = graph_[node.outputs[0]].shape->rank();
  const uint32_t added = axis_mask(axes->view(), rank);
  std::vector<Size> result;
  for (int axis = 0, from = 0; axis < rank; ++axis)
    result.push_back((added >> axis & 1) != 0 ? Size{} : x[from++]);
  return result;
}

std::optional<Elements> KnownSizes::computed(const Node& node) const {
  const std::string_view op = node.op->name;
  if (op == "Shape") {
    const std::vector<Size>& axes = *axes_[node.inputs[0]];
    return sliced(Elements(axes.begin(), axes.end()), node.attrs.get_int("start", 0),
                  node.attrs.get_int("end", kLongest));
  }
  for (ValueId id : node.inputs)
    if (id == kNoValue || !elements_[id]) return std::nullopt;
  const auto in = [&](std::size_t i) -> const Elements& { return *elements_[node.inputs[i]]; };
  if (op == "Cast" || op == "Unsqueeze" || op == "Squeeze" || op == "Reshape") return in(0);
  if (op == "Concat") {
    Elements all;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) all.insert(all.end(), in(i).begin(), in(i).end());
    return all;
  }
  if (op == "Gather") {
    Elements picked;
    const auto count = static_cast<int64_t>(in(0).size());
    for (const auto& index : in(1)) {
      if (!index || !index->is_number() || index->number < -count || index->number >= count)
        return std::nullopt;
      picked.push_back(in(0)[static_cast<std::size_t>((index->number + count) % count)]);
    }
    return picked;
  }
  if (op == "Slice") {
    const auto only = [&](std::size_t i) {
      const bool is_one = in(i).size() == 1 && in(i)[0] && in(i)[0]->is_number();
      return is_one ? std::optional(in(i)[0]->number) : std::nullopt;
    };
    const bool steps = node.has_input(4) && only(4) != 1;
    return steps || !only(1) || !only(2) ? std::nullopt : std::optional(sliced(in(0), *only(1), *only(2)));
  }
  const bool chooses = op == "Where";
  if (!chooses && node.inputs.size() != 2) return std::nullopt;
  std::size_t length = 1;
  for (std::size_t i = 0; i < node.inputs.size(); ++i)
    if (in(i).size() != 1) length = in(i).size();
  for (std::size_t i = 0; i < node.inputs.size(); ++i)
    if (in(i).size() != 1 && in(i).size() != length) return std::nullopt;
  Elements results(length);
  for (std::size_t k = 0; k < length; ++k) {
    const auto at = [&](std::size_t i) { return in(i)[in(i).size() == 1 ? 0 : k]; };
    if (chooses && at(0))
      results[k] = at(*at(0) == Size{0} ? 2 : 1);
    else if (!chooses && at(0) && at(1))
      results[k] = computed_element(op, *at(0), *at(1));
  }
  return results;
}

}  // namespace octavo
