#include "passes/cache_lengths.h"

#include <algorithm>
#include <string>

#include "base/error.h"
#include "graph/qdq.h"
#include "ops/operands.h"
#include "passes/passes.h"

namespace octavo {

namespace {

// The operators of the algebra.
constexpr Name kConcat = "Concat", kAttention = "Attention";

// A number of new tokens, where it is free: hardly a dimension of something else.
constexpr int64_t kNew = 23;

}  // namespace

Known::Known(const Graph& graph, std::span<const Shape> inputs, const KernelPolicy& kernels)
    : values(graph.values.size()) {
  FoldingBudget budget(graph);
  for (ValueId id = 0; id < values.size(); ++id) values[id] = {graph[id], graph[id].constant.get()};
  for (std::size_t i = 0; i < inputs.size(); ++i) values[graph.inputs[i]].shape = inputs[i];
  for (const Node& node : graph.nodes) {
    std::vector<Operand> operands;
    operands.reserve(node.inputs.size());
    for (ValueId id : node.inputs) operands.push_back(id == kNoValue ? Operand{} : values[id]);
    std::vector<Operand> outputs = infer_node(graph, node, operands);
    const auto is_known = [&](ValueId id) { return id == kNoValue || values[id].known; };
    const bool is_computed = node.op->reads_shape_only() ? operands[0].is_static()
                                                         : node.subgraphs.empty() && !is_qdq(node) &&
                                                               std::ranges::all_of(node.inputs, is_known);
    if (is_computed && budget.take(outputs, operands)) {
      outputs.clear();
      for (Tensor& tensor : evaluate_node(graph, node, operands, kernels))
        outputs.push_back(
            Operand::of(*tensors.emplace_back(std::make_shared<const Tensor>(std::move(tensor)))));
    }
    for (std::size_t i = 0; i < node.outputs.size(); ++i)
      if (node.outputs[i] != kNoValue) values[node.outputs[i]] = outputs[i];
  }
}

CacheLengths::CacheLengths(Graph& graph, const KernelPolicy& kernels, int64_t capacity, int64_t batch)
    : graph_(graph), kernels_(kernels), capacity_(capacity), batch_(batch) {
  find_caches();
  choose_lengths(std::min(kNew, capacity_ / 3));
  find_feeds();
  recognise_attention(graph_);
  find_caches();
  for (std::size_t i = 0; i < std::size(lengths_); ++i)
    known_[i] = Known(graph_, shapes_at(lengths_[i]), kernels_);
  measure();
}

void CacheLengths::choose_lengths(int64_t added) {
  added_ = added;
  lengths_[1] = (capacity_ - added_) / 2;
  lengths_[2] = capacity_ - added_;
  require(added_ > 0 && lengths_[1] > 0, ErrorCode::invalid_option, "a capacity of {} is too small",
          capacity_);
}

bool CacheLengths::is_cache(std::size_t input) const {
  return std::ranges::find(caches_, input, &Cache::input) != caches_.end();
}

bool CacheLengths::is_cache_of(ValueId past) const {
  return std::ranges::any_of(caches_, [&](const Cache& cache) { return graph_.inputs[cache.input] == past; });
}

void CacheLengths::find_caches() {
  caches_.clear();
  for (const Node& node : graph_.nodes) {
    if (node.op->name == kConcat && node.inputs.size() == 2 && graph_[node.outputs[0]].shape)
      add_cache(node.inputs[0], node.outputs[0],
                normalize_axis(node.attrs.get_int("axis", 0), graph_[node.outputs[0]].shape->rank()));
    for (std::size_t i : {1, 2})
      if (node.op->name == kAttention && node.has_input(3 + i) && node.outputs.size() > i)
        add_cache(node.inputs[3 + i], node.outputs[i], 2);
  }
  require(!caches_.empty(), ErrorCode::unsupported,
          "no input is a cache: a past of dynamic length to which what is new is appended for an output");
}

void CacheLengths::add_cache(ValueId past, ValueId present, int axis) {
  const auto input = std::ranges::find(graph_.inputs, past);
  const auto output = std::ranges::find(graph_.outputs, present);
  if (input == graph_.inputs.end() || output == graph_.outputs.end()) return;
  const Value& value = graph_[past];
  if (axis == 0 || !value.is_known() || (*value.shape)[axis] != kDynamic) return;
  caches_.push_back({static_cast<std::size_t>(input - graph_.inputs.begin()),
                     static_cast<std::size_t>(output - graph_.outputs.begin()), axis});
}

// Which dimensions of the other inputs are of the new tokens, and which input is as long as past and new together: the
// choice with which all shapes fit one another.
void CacheLengths::find_feeds() {
  const std::size_t count = graph_.inputs.size();
  const auto attempt = [&] {
    const Known known(graph_, shapes_at(lengths_[1]), kernels_);
    const Cache& cache = caches_[0];
    choose_lengths((*known.values[graph_.outputs[cache.output]].shape)[cache.axis] - lengths_[1]);
  };
  // Masks first, then none of the inputs, then the others.
  for (int turn = 0; turn < 3; ++turn)
    for (std::size_t i = 0; i <= count; ++i) {
      const bool is_none = i == count;
      if (is_none != (turn == 1) || is_cache(i)) continue;
      if (!is_none && (graph_[graph_.inputs[i]].name.find("mask") != std::string::npos) != (turn == 0))
        continue;
      total_input_ = i;
      try {
        return attempt();
      } catch (const Error&) {
        // The next one may fit.
      }
    }
  attempt();  // says what is wrong with the last one
}

std::vector<Shape> CacheLengths::shapes_at(int64_t length) const {
  std::vector<Shape> shapes;
  for (std::size_t i = 0; i < graph_.inputs.size(); ++i) {
    const Value& input = graph_[graph_.inputs[i]];
    require(input.is_known(), ErrorCode::unsupported, "the input '{}' has no type", input.name);
    Shape shape = *input.shape;
    const auto cache = std::ranges::find(caches_, i, &Cache::input);
    for (int axis = 0; axis < shape.rank(); ++axis) {
      if (shape[axis] != kDynamic) continue;
      shape[axis] = axis == 0 && (shape.rank() > 1 || cache != caches_.end()) ? batch_
                    : i == total_input_                                       ? length + added_
                                                                              : added_;
      if (cache != caches_.end() && axis == cache->axis) shape[axis] = length;
    }
    shapes.push_back(shape);
  }
  return shapes;
}

void CacheLengths::measure() {
  growth_.resize(graph_.values.size());
  for (ValueId id = 0; id < growth_.size(); ++id) measure(id);
  // What is planned follows from what is planned.
  for (const Node& node : graph_.nodes) {
    if (node.op->reads_shape_only()) continue;
    const auto is_planned = [&](ValueId id) { return id == kNoValue || growth_[id].is_planned; };
    if (!std::ranges::all_of(node.inputs, is_planned))
      for (ValueId id : node.outputs)
        if (id != kNoValue) growth_[id].is_planned = false;
  }
}

void CacheLengths::measure(ValueId id) {
  const Operand &none = known_[0].values[id], &some = known_[1].values[id], &most = known_[2].values[id];
  if (!none.is_static() || !some.is_static() || !most.is_static()) return;
  Growth& growth = growth_[id];
  const int rank = none.shape->rank();
  growth.is_odd = some.shape->rank() != rank || most.shape->rank() != rank;
  for (int axis = 0; !growth.is_odd && axis < rank; ++axis) {
    const int64_t start = (*none.shape)[axis], more = (*some.shape)[axis] - start,
                  all = (*most.shape)[axis] - start;
    if (more == lengths_[1] && all == lengths_[2] && (start == 0 || start == added_))
      growth.axes |= 1u << axis;
    else
      growth.is_odd |= more != 0 || all != 0;
  }
  if (growth.is_odd || growth.axes != 0 || !none.known || !some.known || !most.known) return;
  growth.is_planned = none.known == most.known;  // a constant, whose elements may be anywhere
  if (growth.is_planned) return;
  const TensorView &a = none.known->view(), &b = some.known->view(), &c = most.known->view();
  growth.is_planned =
      std::equal(a.data, a.data + a.bytes(), b.data) && std::equal(a.data, a.data + a.bytes(), c.data);
  if (growth.is_planned || (a.dtype != DType::s64 && a.dtype != DType::s32)) return;
  growth.is_planned = true;
  for (int64_t i = 0; i < a.shape.elements(); ++i) {
    const int64_t start = int_at(a, i), more = int_at(b, i) - start, all = int_at(c, i) - start;
    const int64_t slope = more / lengths_[1];
    growth.is_planned &= more == slope * lengths_[1] && all == slope * lengths_[2];
    growth.is_even &= i == 0 || slope == growth.slope;
    if (slope == 0) continue;
    growth.slope = growth.slope == 0 || growth.slope == slope ? slope : Growth::kMixed;
    if (i < 32) growth.sloped |= 1u << i;
  }
  if (!growth.is_planned) growth.slope = 0;
}

}  // namespace octavo
