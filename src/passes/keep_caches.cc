// Concat(past, new) = present → TensorScatter(slot, new, length) in place, where past is fed and present comes out.
// What has the length of the past or more has that of the slot, filled as far as it was long; what depends on the
// length as a shape becomes a function of it as data; Attention reads as many keys and values as there are.
#include <algorithm>
#include <bit>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "graph/op_def.h"
#include "graph/rewriter.h"
#include "ops/operands.h"
#include "passes/cache_lengths.h"
#include "passes/passes.h"

namespace octavo {

namespace {

constexpr Name kConcat = "Concat", kScatter = "TensorScatter", kAttention = "Attention", kShape = "Shape",
               kGather = "Gather", kWhere = "Where", kAdd = "Add", kMul = "Mul", kRange = "Range",
               kSlice = "Slice", kExpand = "Expand", kReshape = "Reshape", kCast = "Cast",
               kConstantOfShape = "ConstantOfShape", kMatMul = "MatMul", kSoftmax = "Softmax",
               kFlatten = "Flatten", kGatherND = "GatherND";

// Axes along which each element depends on nothing that is behind it: what is beyond the filled part stays there.
constexpr Name kKeepsAxes[] = {"Squeeze", "Unsqueeze", "Transpose", "Trilu",
                               kFlatten,  kReshape,    kExpand,     kConstantOfShape};

class Keeper {
 public:
  Keeper(Graph& graph, const KernelPolicy& kernels, int64_t capacity, int64_t batch)
      : graph_(graph), lengths_(graph, kernels, capacity, batch), capacity_(capacity) {}

  void run() {
    std::vector<Node> nodes = take_nodes(graph_);
    actual_.assign(lengths_.growth().size(), kNoValue);
    begin();
    for (Node& node : nodes) {
      try {
        rewrite(node);
      } catch (Error& error) {
        error.at_node(node.name, node.op->name);
        throw;
      }
    }
    for (std::size_t i = 0; i < graph_.outputs.size(); ++i)
      if (growth(graph_.outputs[i]).axes != 0 &&
          std::ranges::find(lengths_.caches(), i, &Cache::output) == lengths_.caches().end())
        refuse(text("the output '{}' is as long as the past", graph_[graph_.outputs[i]].name));
    finish();
  }

 private:
  [[noreturn]] static void refuse(std::string_view why) {
    fail(ErrorCode::unsupported, "a cache cannot be kept in place: {}", why);
  }

  // What a value was in the graph before: itself, or what actual() was asked for.
  ValueId before(ValueId id) const {
    if (id < actual_.size()) return id;
    const auto asked = std::ranges::find(actual_, id);
    if (asked == actual_.end()) refuse("a value is new");
    return static_cast<ValueId>(asked - actual_.begin());
  }
  // With some past.
  const Shape& shape(ValueId id) const {
    const Operand& operand = lengths_.with_past(before(id));
    if (!operand.is_static()) refuse("a shape depends on data");
    return *operand.shape;
  }
  const Operand& without_past(ValueId id) const {
    shape(id);
    return lengths_.without_past(before(id));
  }
  // What is new does not grow. In one place: dozens ask.
  [[gnu::noinline]] const Growth& growth(ValueId id) const {
    return id < lengths_.growth().size() ? lengths_.growth()[id] : none_;
  }

  ValueId add(Name op, ValueList inputs, DType dtype = DType::s64) {
    Node node = make_node(graph_, get_op(op), "cache", inputs, {dtype, std::nullopt});
    return graph_.nodes.emplace_back(std::move(node)).outputs[0];
  }
  ValueId constant(Tensor tensor) {
    return graph_.add_constant(graph_.unique_value_name("cache"), std::move(tensor));
  }
  ValueId number(int64_t value) { return constant(Tensor::scalar(value)); }
  ValueId list(int64_t value) { return constant(Tensor::of<int64_t>({1}, {value})); }
  ValueId minus_infinity() { return constant(Tensor::scalar(-std::numeric_limits<float>::infinity())); }
  // 0, 1, … of so many.
  ValueId positions(ValueId count) { return add(kRange, {number(0), count, number(1)}); }
  ValueId constant_where(uint32_t axes, int rank) {
    Tensor mask(DType::boolean, {rank});
    for (int i = 0; i < rank; ++i) mask.span<bool>()[i] = axes >> i & 1;
    return constant(std::move(mask));
  }
  ValueId cast(ValueId x, DType dtype) {
    const ValueId y = add(kCast, {x}, dtype);
    graph_.nodes.back().attrs.set("to", int64_t{info_of(dtype).onnx});
    return y;
  }
  // The last node makes that value.
  void give(ValueId id) { graph_.nodes.back().outputs = {id}; }
  void keep(Node& node) { graph_.nodes.push_back(std::move(node)); }
  ValueId by_batch(ValueId scalar, int64_t batch) { return add(kExpand, {scalar, list(batch)}); }

  // The length, and how many tokens are new.
  void begin() {
    const std::vector<Shape> shapes = lengths_.shapes_at(0);
    for (const Cache& cache : lengths_.caches()) {
      Value& past = graph_[graph_.inputs[cache.input]];
      past.shape = shapes[cache.input];
      (*past.shape)[cache.axis] = capacity_;
    }
    length_ = graph_.add_value({{DType::s64, Shape{}}, graph_.unique_value_name("cache_length")});
    added_ = number(lengths_.added());
    for (std::size_t i = 0; i < shapes.size(); ++i)
      for (int axis = 0; axis < shapes[i].rank(); ++axis)
        if (!lengths_.is_cache(i) && i != lengths_.total_input() && shapes[i][axis] == lengths_.added() &&
            (*graph_[graph_.inputs[i]].shape)[axis] == kDynamic)
          added_ = add(kGather, {add(kShape, {graph_.inputs[i]}), number(axis)});
    total_ = add(kAdd, {length_, added_});
    if (lengths_.total_input() < shapes.size())
      become_ones(graph_.inputs[lengths_.total_input()], shapes[lengths_.total_input()]);
  }

  // All tokens count.
  void become_ones(ValueId id, Shape shape) {
    for (int axis = 0; axis < shape.rank(); ++axis)
      if (growth(id).axes >> axis & 1) shape[axis] = capacity_;
    Tensor ones(DType::s64, shape);
    std::ranges::fill(ones.span<int64_t>(), 1);
    cast(constant(std::move(ones)), *graph_[id].dtype);
    give(id);
  }

  void finish() {
    std::vector<ValueId> inputs;
    for (std::size_t i = 0; i < graph_.inputs.size(); ++i) {
      const auto cache = std::ranges::find(lengths_.caches(), i, &Cache::input);
      if (cache != lengths_.caches().end())
        graph_.states.push_back({static_cast<uint32_t>(inputs.size()), static_cast<uint32_t>(cache->output)});
      if (i != lengths_.total_input()) inputs.push_back(graph_.inputs[i]);
    }
    graph_.states.push_back(
        {static_cast<uint32_t>(inputs.size()), static_cast<uint32_t>(graph_.outputs.size())});
    inputs.push_back(length_);
    graph_.inputs = std::move(inputs);
    graph_.outputs.push_back(total_);
    remove_dead(graph_);
    infer_shapes(graph_);
  }

  // What a value holds at any length.
  ValueId actual(ValueId id) {
    const Growth& growth = this->growth(id);
    if (growth.slope == 0) return id;
    if (actual_[id] != kNoValue) return actual_[id];
    if (!growth.is_even) refuse("some of its numbers depend on the length, and some do not");
    ValueId more = growth.slope == 1 ? length_ : add(kMul, {length_, number(growth.slope)});
    const DType dtype = *without_past(id).dtype;
    if (dtype != DType::s64) more = cast(more, dtype);
    return actual_[id] = add(kAdd, {id, more}, dtype);
  }

  void rewrite(Node& node) {
    const auto is_planned = [&](ValueId id) { return id == kNoValue || growth(id).is_planned; };
    const bool reads_growth = node.op->reads_shape_only() && growth(node.inputs[0]).axes != 0;
    if (std::ranges::all_of(node.outputs, is_planned)) return reads_growth ? plan_shape(node) : keep(node);
    bool grows = false, is_sloped = false;
    for (ValueId id : node.outputs)
      if (growth(id).is_odd) refuse("a shape depends on the length in no simple way");
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      ValueId& id = node.inputs[i];
      grows |= growth(id).axes != 0;
      const bool decides_shape = node.op->shape_operands >> std::min<std::size_t>(i, 31) & 1;
      if (!decides_shape)
        id = actual(id);
      else
        is_sloped |= growth(id).slope != 0;
    }
    const std::string_view name = node.op->name;
    if (!grows && !is_sloped) return keep(node);
    if (node.outputs[0] == kNoValue) refuse("its output has no name");
    if (name == kConcat) return concat(node);
    if (name == kSlice) return slice(node);
    if (name == kRange) return range(node);
    if (name == kAttention) return attention(node);
    if (name == kSoftmax) return softmax(node);
    if (name == kReshape || name == kExpand || name == kConstantOfShape)
      lengthen(node, name == kConstantOfShape ? 0 : 1);
    else if (is_sloped)
      refuse("its shape depends on the length");
    if (!keeps_place(node)) refuse("it computes across what is to come");
    Growth& grown = lengths_.growth()[node.outputs[0]];
    grown.ends_in_zeros = keeps_zeros(node);
    grown.is_finite = growth(node.inputs[0]).is_finite && node.op->layout != LayoutRule::elementwise;
    keep(node);
  }

  // Whether each element of the output depends on elements of a growing input in the same places only.
  bool keeps_place(const Node& node) const {
    const std::string_view name = node.op->name;
    const uint32_t axes = growth(node.inputs[0]).axes;
    if (name == kReshape || name == kFlatten) return keeps_rows(node);
    if (name == kMatMul) {
      const int last = shape(node.inputs[0]).rank() - 1,
                other = std::max(shape(node.inputs[1]).rank() - 2, 0);
      const bool sums = axes >> last & 1;
      return sums == (growth(node.inputs[1]).axes >> other & 1) &&
             (!sums || (growth(node.inputs[0]).ends_in_zeros && growth(node.inputs[1]).is_finite));
    }
    if (name == kGather) {
      const int axis = normalize_axis(node.attrs.get_int("axis", 0), shape(node.inputs[0]).rank());
      return !(axes >> axis & 1) || counts_from_start(node.inputs[1]);
    }
    if (name == kGatherND) return axes == 0 || counts_from_start(node.inputs[1]);
    return node.op->layout == LayoutRule::elementwise ||
           std::ranges::any_of(kKeepsAxes, [&](Name each) { return each == name; });
  }

  // Whether an axis that grows is as long as past and new together.
  bool is_present(ValueId id, int axis) const { return (*without_past(id).shape)[axis] == lengths_.added(); }

  bool keeps_zeros(const Node& node) const {
    const auto is_zero = [&](std::size_t i) {
      const Tensor* const number = graph_.constant_input(node, i);
      return growth(node.inputs[i]).ends_in_zeros ||
             (number != nullptr && number->dtype() == DType::f32 && number->shape().elements() == 1 &&
              number->span<float>()[0] == 0);
    };
    if (node.op->name == kMul) return is_zero(0) || is_zero(1);
    return node.op->name == kWhere ? is_zero(1) && is_zero(2) : node.op->name == kCast && is_zero(0);
  }

  // Whether the axes that grow are as long, and each part behind them is as large.
  bool keeps_rows(const Node& node) const {
    const ValueId x = node.inputs[0], y = node.outputs[0];
    uint32_t from = growth(x).axes, to = growth(y).axes;
    for (; from != 0 && to != 0; from &= from - 1, to &= to - 1) {
      const int i = std::countr_zero(from), j = std::countr_zero(to);
      if (shape(x)[i] != shape(y)[j] || shape(x).elements(0, i) != shape(y).elements(0, j)) return false;
    }
    return from == to;
  }

  // Whether none of the indices is negative, at any length that was looked at.
  bool counts_from_start(ValueId indices) const {
    return indices >= lengths_.growth().size() ||
           std::ranges::all_of(lengths_.known(), [&](const Known& known) {
             const Tensor* const tensor = known.values[indices].known;
             return tensor != nullptr &&
                    std::ranges::none_of(to_int64(tensor->view()), [](int64_t i) { return i < 0; });
           });
  }

  // A shape without a past.
  void plan_shape(Node& node) {
    if (node.op->name != kShape) refuse("its size depends on the length");
    const ValueId x = node.inputs[0], id = node.outputs[0];
    const int rank = shape(x).rank();
    const int64_t start = node.attrs.get_int("start", 0);
    const int begin = static_cast<int>(std::clamp<int64_t>(start < 0 ? start + rank : start, 0, rank));
    const Tensor& dims = *without_past(id).known;
    const auto count = static_cast<int>(dims.shape().elements());
    uint32_t past = 0, added = 0;
    for (int i = 0; i < count; ++i) {
      if (!(growth(x).axes >> (begin + i) & 1)) continue;
      const int64_t size = int_at(dims.view(), i);
      if (size != 0 && size != lengths_.added())
        refuse("a dimension is neither that of the past nor that with what is new");
      (size == 0 ? past : added) |= 1u << i;
    }
    if (past == 0 && added == 0) return keep(node);
    node.outputs = {graph_.add_value({{DType::s64, Shape{count}}, graph_.unique_value_name("cache")})};
    ValueId made = node.outputs[0];
    keep(node);
    if (past != 0) made = add(kWhere, {constant_where(past, count), number(0), made});
    if (added != 0) made = add(kWhere, {constant_where(added, count), added_, made});
    give(id);
  }

  // A shape with all that fits into the slots.
  void lengthen(Node& node, std::size_t operand) {
    ValueId& sizes = node.inputs[operand];
    const Growth& growth = this->growth(sizes);
    if (growth.slope == 0) return;
    if (growth.slope != 1) refuse("a dimension is a multiple of the length");
    const auto count = static_cast<int>(shape(sizes).elements());
    sizes = add(kWhere, {constant_where(growth.sloped, count), number(capacity_), sizes});
  }

  void concat(Node& node) {
    const ValueId past = node.inputs[0];
    const int axis = normalize_axis(node.attrs.get_int("axis", 0), shape(past).rank());
    const auto grows = [&](ValueId id) { return growth(id).axes >> axis & 1; };
    if (std::ranges::none_of(node.inputs, grows)) return keep(node);
    if (node.inputs.size() != 2 || grows(node.inputs[1]) || axis == 0 ||
        (*without_past(past).shape)[axis] != 0)
      refuse("more is joined than a past and what is new");
    scatter(past, node.inputs[1], axis);
    give(node.outputs[0]);
    lengths_.growth()[node.outputs[0]].is_finite = lengths_.is_cache_of(past);
  }

  ValueId scatter(ValueId past, ValueId added, int axis) {
    if (shape(added)[axis] != lengths_.added()) refuse("not all caches grow by the same number");
    const ValueId start = by_batch(length_, shape(past)[0]);
    const ValueId present = add(kScatter, {past, added, start}, *without_past(past).dtype);
    Node& node = graph_.nodes.back();
    node.attrs.set("axis", int64_t{axis});
    node.lowered.in_place = lengths_.is_cache_of(past);
    return present;
  }

  void range(Node& node) {
    const auto is = [&](std::size_t i, int64_t value, int64_t slope) {
      const ValueId id = node.inputs[i];
      return growth(id).is_planned && int_at(without_past(id).known->view(), 0) == value &&
             growth(id).slope == slope;
    };
    const DType dtype = *without_past(node.outputs[0]).dtype;
    const bool counts = dtype == DType::s64 || dtype == DType::s32;
    if (!counts || !is(0, 0, 0) || !(is(1, 0, 1) || is(1, lengths_.added(), 1)) || !is(2, 1, 0))
      refuse("not all positions from 0 on");
    node.inputs[1] = number(capacity_);
    if (dtype != DType::s64) node.inputs[1] = cast(node.inputs[1], dtype);
    keep(node);
  }

  void slice(Node& node) {
    const ValueId x = node.inputs[0], y = node.outputs[0];
    const auto planned = [&](std::size_t i) -> const Tensor* {
      if (!node.has_input(i)) return nullptr;
      if (!growth(node.inputs[i]).is_planned) refuse("it is not known where a slice begins");
      return without_past(node.inputs[i]).known;
    };
    const Tensor *const starts = planned(1), *const axes = planned(3), *const steps = planned(4);
    const int64_t count = starts->shape().elements();
    const uint32_t sliced = axes ? axis_mask(axes->view(), shape(x).rank()) : (1u << count) - 1;
    const bool start_moves = growth(node.inputs[1]).slope != 0;
    if (!start_moves && growth(node.inputs[2]).slope == 0 && (growth(x).axes & sliced) == 0)
      return keep(node);
    if (count != 1 || (steps && int_at(steps->view(), 0) != 1))
      refuse("it slices more than one axis, or by steps");
    const int axis = std::countr_zero(sliced);
    const bool grows = growth(y).axes >> axis & 1;
    if (grows && !start_moves && int_at(starts->view(), 0) == 0) {
      if (!(growth(x).axes >> axis & 1) && shape(x)[axis] < capacity_)
        refuse(text("it slices a table of {} rows", shape(x)[axis]));
      node.inputs[2] = list(capacity_);
      return keep(node);
    }
    if (grows || !start_moves) refuse("it slices from the end");
    const int64_t length = shape(y)[axis];
    const ValueId all = positions(length == lengths_.added() ? added_ : number(length));
    const ValueId rows = add(kAdd, {all, actual(node.inputs[1])});
    add(kGather, {x, rows}, *without_past(x).dtype);
    graph_.nodes.back().attrs.set("axis", int64_t{axis});
    give(y);
  }

  // In place of attention that is spelt in a way that nobody recognises: it costs as much as full slots.
  void softmax(Node& node) {
    const int last = shape(node.inputs[0]).rank() - 1;
    const int64_t axis = node.attrs.get_int("axis", -1);
    if (axis != -1 && axis != last) refuse("it computes across what is to come");
    if (growth(node.inputs[0]).axes >> last & 1) {
      if (!is_present(node.inputs[0], last)) refuse("it looks at the past alone");
      const ValueId seen = add("Less", {positions(number(capacity_)), total_}, DType::boolean);
      node.inputs[0] = add(kWhere, {seen, node.inputs[0], minus_infinity()}, DType::f32);
      lengths_.growth()[node.outputs[0]].ends_in_zeros = true;
    }
    keep(node);
  }

  void attention(Node& node) {
    std::vector<ValueId>& given = node.inputs;
    const bool by_heads = shape(given[1]).rank() == 4;
    const auto grows_at = [&](std::size_t i, int axis) {
      return growth(given[i]).axes == 1u << axis && is_present(given[i], axis);
    };
    if (node.has_input(6) || node.outputs.size() > 3 || growth(given[0]).axes != 0)
      refuse("its scores come out, or its lengths go in");
    if (shape(given[0])[0] != shape(node.outputs[0])[0]) refuse("one query is that of a batch");
    if (node.has_input(3) && !grows_at(3, shape(given[3]).rank() - 1) &&
        (growth(given[3]).axes != 0 || !node.lowered.spelt.broadcasts))
      refuse("its mask is not as long as past and new");
    given.resize(7, kNoValue);
    for (std::size_t i : {1, 2}) {
      if (!node.has_input(3 + i)) {
        const bool by_rows = !by_heads || (node.lowered.spelt.by_rows >> i & 1);
        if (!grows_at(i, by_rows ? 1 : 2)) refuse("keys and values are not as long as past and new");
        continue;
      }
      if (!by_heads || growth(given[i]).axes != 0) refuse("what is new is not by heads");
      given[i] = scatter(given[3 + i], given[i], 2);
      if (node.outputs.size() > i && node.outputs[i] != kNoValue) {
        give(node.outputs[i]);
        given[i] = node.outputs[i];
      }
      given[3 + i] = kNoValue;
      if (i == 1 && node.attrs.get_int("is_causal", 0) != 0) mask_causally(node);
    }
    node.outputs.resize(1);
    given[6] = by_batch(total_, shape(given[0])[0]);
    keep(node);
  }

  // A row sees what was before it: that begins with the past, which the operator no longer sees.
  void mask_causally(Node& node) {
    node.attrs.erase("is_causal");
    const ValueId rows = add("Unsqueeze", {positions(added_), list(1)});
    const ValueId seen =
        add("LessOrEqual", {positions(number(capacity_)), add(kAdd, {rows, length_})}, DType::boolean);
    ValueId& mask = node.inputs[3];
    if (mask == kNoValue)
      mask = seen;
    else if (graph_[mask].dtype == DType::boolean)
      mask = add("And", {mask, seen}, DType::boolean);
    else
      mask = add(kWhere, {seen, mask, minus_infinity()}, DType::f32);
  }

  Graph& graph_;
  CacheLengths lengths_;
  int64_t capacity_;
  Growth none_;
  std::vector<ValueId> actual_;  // by value of the graph before, once it is made: see actual()
  ValueId added_ = kNoValue, length_ = kNoValue, total_ = kNoValue;
};

}  // namespace

void keep_caches(Graph& graph, const KernelPolicy& kernels, int64_t capacity, int64_t batch) {
  Keeper(graph, kernels, capacity, batch).run();
}

}  // namespace octavo
