#include "passes/sizes.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "graph/op_def.h"
#include "graph/qdq.h"
#include "ops/operands.h"

namespace octavo {

namespace {

// Lists that are longer hold no sizes.
constexpr std::size_t kLongest = 16;

constexpr Size kUnknownSize{Size::kUnknown};

Size product(Size a, const Size& b) {
  if (!a.is_known() || !b.is_known() || __builtin_mul_overflow(a.number, b.number, &a.number))
    return kUnknownSize;
  for (uint32_t symbol : b.symbols) {
    for (uint32_t& each : a.symbols)
      if (each < symbol) std::swap(each, symbol);
    if (symbol != 0) return kUnknownSize;
  }
  return a;
}

Size product(std::span<const Size> sizes) {
  Size all;
  for (const Size& each : sizes) all = product(all, each);
  return all;
}

// a / b, where it is whole whatever the symbols are.
Size quotient(Size a, const Size& b) {
  if (!a.is_known() || b.number <= 0 || a.number % b.number != 0) return kUnknownSize;
  a.number /= b.number;
  for (uint32_t symbol : b.symbols) {
    uint32_t behind = 0;
    for (std::size_t i = a.symbols.size(); behind != symbol && i-- > 0;) std::swap(behind, a.symbols[i]);
    if (behind != symbol) return kUnknownSize;
  }
  return a;
}

// Of elements, one by one.
Size computed_element(std::string_view op, const Size& a, const Size& b) {
  const auto is = [&](Name name) { return name == op; };
  const bool are_numbers = a.is_number() && b.is_number();
  if (is("Mul")) return product(a, b);
  if (is("Div")) return are_numbers && b.number > 0 ? Size{a.number / b.number} : quotient(a, b);
  if (!is("Equal") || !a.is_known() || !b.is_known()) return kUnknownSize;
  if (are_numbers || a == b) return Size{a == b};
  // Sizes are not negative.
  const bool differ =
      (a.is_number() && a.number < 0 && b.number > 0) || (b.is_number() && b.number < 0 && a.number > 0);
  return differ ? Size{0} : kUnknownSize;
}

}  // namespace

KnownSizes::KnownSizes(const Graph& graph)
    : graph_(graph), axes_(graph.values.size()), elements_(graph.values.size()) {
  Flags is_made(graph.values.size());
  for (const Node& node : graph.nodes)
    for (ValueId id : node.outputs)
      if (id != kNoValue) is_made[id] = true;
  for (ValueId id = 0; id < graph.values.size(); ++id) {
    if (is_made[id]) continue;
    learn_axes(id, nullptr);
    const Tensor* const constant = graph[id].constant.get();
    if (constant == nullptr || constant->dtype() != DType::s64 || constant->shape().rank() > 1 ||
        static_cast<std::size_t>(constant->shape().elements()) > kLongest)
      continue;
    made_.clear();
    for (int64_t each : constant->span<int64_t>()) made_.push_back({each});
    elements_[id] = keep_made();
  }
  for (const Node& node : graph.nodes) {
    const bool is_known = graph.knows_types(node);
    for (ValueId id : node.outputs)
      if (id != kNoValue) learn_axes(id, is_known && id == node.outputs[0] ? &node : nullptr);
    const ValueId id = node.outputs[0];
    if (!is_known || id == kNoValue || node.outputs.size() != 1 || !graph[id].shape || axes(id).size() > 1)
      continue;
    if (graph[id].dtype == DType::s64 || graph[id].dtype == DType::boolean) elements_[id] = computed(node);
  }
}

KnownSizes::List KnownSizes::keep_made() {
  const List list{static_cast<uint32_t>(sizes_.size()), static_cast<uint32_t>(made_.size())};
  sizes_.insert(sizes_.end(), made_.begin(), made_.end());
  return list;
}

// `node`: what makes the value as its first output, where that tells its axes.
void KnownSizes::learn_axes(ValueId id, const Node* node) {
  if (!graph_[id].shape) return;
  const Dims& dims = graph_[id].shape->dims;
  made_.clear();
  if (node) infer_axes(*node, dims.size());
  if (made_.size() != dims.size()) made_.assign(dims.size(), kUnknownSize);
  for (std::size_t axis = 0; axis < dims.size(); ++axis) {
    if (dims[axis] != kDynamic)
      made_[axis] = {dims[axis]};
    else if (!made_[axis].is_known())
      made_[axis] = {1, {++symbols_}};
  }
  axes_[id] = keep_made();
}

void KnownSizes::append(std::span<const Size> sizes) {
  made_.insert(made_.end(), sizes.begin(), sizes.end());
}

// Along each of the last axes both are of one size, or 1.
void KnownSizes::broadcast(std::span<const Size> sizes) {
  const Size one;
  for (std::size_t i = 0; i < std::min(made_.size(), sizes.size()); ++i) {
    Size& have = made_[made_.size() - 1 - i];
    const Size& other = sizes[sizes.size() - 1 - i];
    if (have == other || other == one || (have.is_number() && have != one)) continue;
    have = have == one || other.is_number() ? other : kUnknownSize;
  }
}

void KnownSizes::reshape(const Node& node, std::span<const Size> x) {
  const bool copies = node.attrs.get_int("allowzero", 0) == 0;
  const Size open{-1};
  Size known;
  append(elements(node.inputs[1]));
  for (std::size_t i = 0; i < made_.size(); ++i) {
    if (copies && i < x.size() && made_[i] == Size{0}) made_[i] = x[i];
    if (made_[i] != open) known = product(known, made_[i]);
  }
  std::ranges::replace(made_, open, quotient(product(x), known));
}

// Makes a list of the output's sizes, each unknown where nobody knows it; of another length where that tells nothing.
void KnownSizes::infer_axes(const Node& node, std::size_t rank) {
  const std::string_view op = node.op->name;
  const auto is = [&](Name name) { return name == op; };
  const auto in = [&](std::size_t i) {
    return node.has_input(i) ? axes(node.inputs[i]) : std::span<const Size>();
  };
  const std::span<const Size> x = in(0);
  if (node.op->layout == LayoutRule::elementwise || is("MatMul") || is("Expand")) made_.resize(rank);
  if (node.op->layout == LayoutRule::elementwise) {
    for (std::size_t i = 0; i < node.inputs.size(); ++i) broadcast(in(i));
  } else if (is("Reshape")) {
    reshape(node, x);
  } else if (is("Expand")) {
    const ValueId to = node.inputs[1];
    if (!knows_elements(to)) return made_.clear();
    broadcast(x);
    broadcast(elements(to));
  } else if (is("LayerNormalization") || is("RMSNormalization") || is("Softmax") || is_qdq(node)) {
    append(x);
  } else if (is("Transpose")) {
    for (int64_t axis : node.attrs.get_ints("perm")) made_.push_back(x[static_cast<std::size_t>(axis)]);
  } else if (is("Range")) {
    // From 0 on, as many as the limit says.
    const Size limit = only_element(node.inputs[1]);
    if (only_element(node.inputs[0]) == Size{0} && only_element(node.inputs[2]) == Size{1} &&
        limit.number > 0)
      made_.push_back(limit);
  } else if (is("MatMul")) {
    const std::span<const Size> y = in(1);
    if (x.size() < 2 || y.size() < 2 || rank < 2) return made_.clear();
    broadcast(x);
    broadcast(y);
    made_[rank - 2] = x[x.size() - 2];
    made_[rank - 1] = y.back();
  } else if (is("Gather")) {
    const auto axis = normalize_axis(node.attrs.get_int("axis", 0), static_cast<int>(x.size()));
    append(x.first(axis));
    append(in(1));
    append(x.subspan(axis + 1));
  } else if (is("Unsqueeze")) {
    const Tensor* const axes = graph_.constant_input(node, 1);
    const uint32_t added = axes ? axis_mask(axes->view(), static_cast<int>(rank)) : 0;
    if (std::popcount(added) + x.size() != rank) return;
    for (std::size_t axis = 0, from = 0; axis < rank; ++axis)
      made_.push_back((added >> axis & 1) != 0 ? Size{} : x[from++]);
  } else {
    // Along the other axes they keep the sizes.
    const bool joins = is("Concat"),
               reduces = op.starts_with("Reduce") && node.attrs.get_int("keepdims", 1) != 0;
    const Tensor* const cut = joins ? nullptr : graph_.constant_input(node, reduces ? 1 : 3);
    if (!joins && (cut == nullptr || (!reduces && !is("Slice")))) return;
    append(x);
    const auto count = static_cast<int>(x.size());
    const uint32_t changed =
        cut ? axis_mask(cut->view(), count) : 1u << normalize_axis(node.attrs.get_int("axis", 0), count);
    for (std::size_t axis = 0; axis < made_.size(); ++axis)
      if ((changed >> axis & 1) != 0) made_[axis] = kUnknownSize;
  }
}

Size KnownSizes::only_element(ValueId id) const {
  const std::span<const Size> list = elements(id);
  return list.size() == 1 ? list[0] : kUnknownSize;
}

// Of a list, from and to places that may be counted from its end.
KnownSizes::List KnownSizes::sliced(List list, int64_t from, int64_t to) const {
  const auto size = static_cast<int64_t>(list.count);
  const auto place = [&](int64_t i) {
    return static_cast<uint32_t>(std::clamp<int64_t>(i < 0 ? i + size : i, 0, size));
  };
  const uint32_t first = place(from);
  return {list.first + first, std::max(first, place(to)) - first};
}

KnownSizes::List KnownSizes::computed(const Node& node) {
  const std::string_view op = node.op->name;
  const auto is = [&](Name name) { return name == op; };
  if (is("Shape"))
    return sliced(axes_[node.inputs[0]], node.attrs.get_int("start", 0),
                  node.attrs.get_int("end", int64_t{kLongest}));
  for (ValueId id : node.inputs)
    if (id == kNoValue || !knows_elements(id)) return {};
  const auto in = [&](std::size_t i) { return elements(node.inputs[i]); };
  if (is("Cast") || is("Unsqueeze") || is("Squeeze") || is("Reshape")) return elements_[node.inputs[0]];
  made_.clear();
  if (is("Concat")) {
    for (ValueId id : node.inputs) append(elements(id));
  } else if (is("Gather")) {
    const auto count = static_cast<int64_t>(in(0).size());
    for (const Size& index : in(1)) {
      if (!index.is_number() || index.number < -count || index.number >= count) return {};
      made_.push_back(in(0)[static_cast<std::size_t>((index.number + count) % count)]);
    }
  } else if (is("Slice")) {
    const Size from = only_element(node.inputs[1]), to = only_element(node.inputs[2]);
    const bool steps = node.has_input(4) && only_element(node.inputs[4]) != Size{1};
    if (steps || !from.is_number() || !to.is_number()) return {};
    return sliced(elements_[node.inputs[0]], from.number, to.number);
  } else {
    const bool chooses = is("Where");
    if (!chooses && node.inputs.size() != 2) return {};
    std::size_t length = 1;
    for (ValueId id : node.inputs)
      if (elements(id).size() != 1) length = elements(id).size();
    for (ValueId id : node.inputs)
      if (elements(id).size() != 1 && elements(id).size() != length) return {};
    for (std::size_t k = 0; k < length; ++k) {
      const auto at = [&](std::size_t i) -> const Size& { return in(i)[in(i).size() == 1 ? 0 : k]; };
      made_.push_back(!chooses           ? computed_element(op, at(0), at(1))
                      : at(0).is_known() ? at(at(0) == Size{0} ? 2 : 1)
                                         : kUnknownSize);
    }
  }
  return made_.size() > kLongest ? List() : keep_made();
}

}  // namespace octavo
