#include "train/fake_quantize.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "autodiff/backward.h"
#include "base/error.h"
#include "graph/op_def.h"
#include "graph/qdq.h"
#include "graph/rewriter.h"
#include "quant/insert_qdq.h"
#include "quant/qdq.h"
#include "quant/scale_blocks.h"
#include "train/optimizer.h"

namespace octavo {

namespace {

constexpr float kAveragingConstant = 0.01f;

class FakeQuantizer {
 public:
  FakeQuantizer(QuantizationPlan plan, const Ranges& ranges, ScaleSource source)
      : ranges_(ranges), source_(source), made_{.plan = std::move(plan)}, b_(made_.graph) {
    made_.graph = made_.plan.graph;
  }

  FakeQuantized run() {
    for (const char* name : ObservingRates::kInputs) {
      if (source_ == ScaleSource::learned) break;
      const ValueId id = graph().add_value({{DType::f32, Shape()}, name});
      graph().inputs.push_back(id);
      rates_.push_back(id);
    }
    for (const auto& [id, spec] : plan().values)
      if (plan().observed(id) == id) add_range(id, spec);
    std::vector<Redirection> redirections;
    for (const auto& [id, spec] : plan().values)
      if (!is_rounded_already(id)) redirections.push_back({id, pair(id, qparams_.at(plan().observed(id)))});
    std::vector<std::pair<OperandId, ValueId>> operands;
    for (const auto& [operand, spec] : plan().operands)
      if (const ValueId id = operand_of(operand, spec); id != kNoValue) operands.emplace_back(operand, id);
    // Pairs are behind all nodes of the plan, whose readers then read them; sums of ranges read the value itself.
    redirect_readers(redirections);
    for (const auto& [operand, id] : operands) graph().nodes[operand.node].inputs[operand.input] = id;
    sort_nodes(graph());
    return std::move(made_);
  }

 private:
  Graph& graph() { return made_.graph; }
  const QuantizationPlan& plan() const { return made_.plan; }

  // What was moved from elsewhere, but for Resize, which computes means.
  bool is_rounded_already(ValueId id) const {
    const Node* const node = plan().observed(id) == id ? nullptr : b_.producer(id);
    return node && moves_elements(plan().graph, *node) && node->op->name != "Resize";
  }

  // A slot that begins with `start`, and its value after it took some of x.
  ValueId observe(const std::string& name, Tensor start, ValueId x, bool is_weight) {
    const ValueId slot = graph().add_value({{DType::f32, start.shape()}, graph().unique_value_name(name)});
    const ValueId next =
        b_.add("octavo.Accumulate", {slot, x, rates_[is_weight ? 2 : 0], rates_[is_weight ? 3 : 1]});
    add_state(graph(), slot, next);
    made_.states.push_back(std::move(start));
    made_.detached.push_back(next);
    return next;
  }

  // scale = (high - low) / (qmax - qmin), zero_point = qmin - round(low / scale): choose_qparams, of a range with 0.
  void add_range(ValueId id, const QuantSpec& spec) {
    const std::string name = graph()[id].name;
    const ValueRange range = ranges_.at(id);
    if (source_ == ScaleSource::learned) {
      qparams_[id] = learn(id, choose_activation_qparams(range, spec.qmin, spec.qmax), spec.dtype);
      return;
    }
    made_.ranges[id] = made_.states.size();
    const std::vector<ValueId> seen = b_.add_many("octavo.Extremes", {id}, 2, {});
    const auto end = [&](std::string_view suffix, float start, ValueId extreme) {
      return observe(text("{}.{}", name, suffix), Tensor::of<float>(Shape(), {start}), extreme, false);
    };
    b_.bind("low", end("low", range.min, seen[0]));
    b_.bind("high", end("high", range.max, seen[1]));
    b_.bind("steps", b_.number(spec.qmax - spec.qmin));
    b_.bind("least", b_.number(spec.qmin));
    b_.bind("most", b_.number(spec.qmax));
    b_.bind("tiny", b_.number(static_cast<double>(kSmallestScale)));
    b_.bind("bottom", b_.formula("Min(low, 0)"));
    const ValueId scale = b_.formula("Max((Max(high, 0) - bottom) / steps, tiny)");
    b_.bind("scale", scale);
    const ValueId zero_point =
        b_.cast(b_.formula("Clip(least - Round(bottom / scale), least, most)"), spec.dtype);
    qparams_[id] = {{.qmin = spec.qmin, .qmax = spec.qmax}, spec.dtype, scale, zero_point};
  }

  // A scale that is an input, with zero points that are constants.
  QParamConstants learn(ValueId of, const QParams& qparams, DType dtype) {
    const std::string name = graph()[of].name;
    QParamConstants made = add_qparams(graph(), name, qparams, dtype, graph()[of].shape.value_or(Shape()));
    graph().inputs.push_back(made.scale);
    made_.learned.push_back(
        {made.scale, of, qparams.qmax, std::move(graph()[made.scale].constant), qparams.zero_point});
    b_.bind("scale", made.scale);
    b_.bind("tiny", b_.number(static_cast<double>(kSmallestScale)));
    made.scale = b_.formula("Max(scale, tiny)");
    return made;
  }

  ValueId operand_of(const OperandId& operand, const QuantSpec& spec) {
    const Node& node = plan().graph.nodes[operand.node];
    const ValueId id = node.inputs[operand.input];
    if (spec.source == RangeSource::none) return id;
    const auto unless = [&](bool holds, std::string_view what) {
      if (!holds) return;
      throw Error(ErrorCode::unsupported, text("{} are not trained", what)).at_node(node.name, node.op->name);
    };
    unless(spec.source == RangeSource::run_time, "ranges of run time");
    if (spec.dtype != DType::s8) return kNoValue;
    unless(spec.scheme != QScheme::symmetric, "zero points of weights");
    if (source_ == ScaleSource::learned) {
      made_.learned_operands[operand] = made_.learned.size();
      return pair(id, learn(id, weight_qparams(plan().graph, node, id, spec), DType::s8));
    }
    if (!spec.given.scale.empty())
      return pair(id, add_qparams(graph(), graph()[id].name, spec.given, DType::s8));
    made_.sizes[operand] = made_.states.size();
    const std::string name = graph()[id].name;
    // With sizes in place of scales, which have their shape.
    QParamConstants of =
        add_qparams(graph(), name, sizes_of(id, spec), DType::s8, plan().graph[id].constant->shape());
    Tensor start = Tensor::copy_of(graph()[of.scale].constant->view());
    b_.bind("size", observe(name + ".size", std::move(start), largest(id, spec), true));
    b_.bind("steps", b_.number(spec.qmax));
    b_.bind("tiny", b_.number(static_cast<double>(kSmallestScale)));
    of.scale = b_.formula("Max(size / steps, tiny)");
    return pair(id, of);
  }

  // The largest |w| of each part of a weight that shares a scale.
  QParams sizes_of(ValueId id, const QuantSpec& spec) const {
    QParams sizes{.axis = spec.axis, .block = spec.block, .qmin = spec.qmin, .qmax = spec.qmax};
    const TensorView weight = plan().graph[id].constant->view();
    const ScaleBlocks parts(sizes, weight.shape);
    std::vector<float> memory;
    for (int64_t i = 0; i < parts.size(); ++i) {
      float size = 0;
      for (const float w : parts.gather(weight, i, memory)) size = std::max(size, std::abs(w));
      sizes.scale.push_back(size);
      sizes.zero_point.push_back(0);
    }
    return sizes;
  }

  // The same in each step: of blocks, the axis in two, the last block filled up with 0.
  ValueId largest(ValueId id, const QuantSpec& spec) {
    Shape shape = plan().graph[id].constant->shape();
    b_.bind("w", id);
    ValueId sizes = b_.formula("Abs(w)");
    std::vector<int64_t> axes = all_axes_but(shape.rank(), spec.axis);
    if (spec.block > 0) {
      const int64_t along = shape[spec.axis], block = std::min(spec.block, along);
      const int64_t blocks = (along + block - 1) / block;
      std::vector<int64_t> pads(static_cast<std::size_t>(2 * shape.rank()));
      pads[static_cast<std::size_t>(shape.rank() + spec.axis)] = blocks * block - along;
      if (blocks * block > along) sizes = b_.add("Pad", {sizes, b_.ints(pads)});
      shape[spec.axis] = blocks;
      axes = {spec.axis + 1};
      shape.dims.insert(shape.dims.begin() + axes[0], block);
      sizes = b_.reshape(sizes, shape);
    }
    return b_.add("ReduceMax", {sizes, b_.ints(axes)}, {{"keepdims", int64_t{0}}});
  }

  // Weights have notes of their range as well: they are quantized in each step, and have to saturate to it.
  ValueId pair(ValueId x, const QParamConstants& of) {
    const std::string name = graph()[x].name;
    const auto put = [&](Node node) {
      node.notes.qmin = of.qparams.qmin;
      node.notes.qmax = of.qparams.qmax;
      graph().nodes.push_back(std::move(node));
      return graph().nodes.back().outputs[0];
    };
    const ValueId q = put(make_quantize(graph(), name, x, of));
    return put(make_dequantize(graph(), name, q, of));
  }

  // Nodes of the plan read pairs; who observes and quantizes reads the value itself.
  void redirect_readers(std::span<const Redirection> redirections) {
    std::vector<ValueId> to(graph().values.size(), kNoValue);
    for (const Redirection& each : redirections) to[each.from] = each.to;
    for (std::size_t n = 0; n < plan().graph.nodes.size(); ++n)
      for (ValueId& id : graph().nodes[n].inputs)
        if (id != kNoValue && to[id] != kNoValue) id = to[id];
    for (std::size_t i = 0; i < plan().graph.outputs.size(); ++i)
      if (ValueId& id = graph().outputs[i]; to[id] != kNoValue) id = to[id];
  }

  const Ranges& ranges_;
  ScaleSource source_;
  FakeQuantized made_;
  Backward b_;
  std::vector<ValueId> rates_;
  std::map<ValueId, QParamConstants> qparams_;
};

}  // namespace

ObservingRates observing_rates(bool frozen) {
  if (frozen) return {{1, 0, 1, 0}};
  return {{1 - kAveragingConstant, kAveragingConstant, 0, 1}};
}

Ranges observed_ranges(const QuantizationPlan& plan, const Calibrator& calibrator) {
  Ranges ranges;
  for (const auto& [id, spec] : plan.values)
    if (plan.observed(id) == id) ranges[id] = calibrator.range(id);
  return ranges;
}

FakeQuantized fake_quantize(QuantizationPlan plan, const Ranges& ranges, ScaleSource source) {
  return FakeQuantizer(std::move(plan), ranges, source).run();
}

QuantizationPlan trained_plan(const FakeQuantized& network, Graph trained, std::span<const TensorView> states,
                              std::span<const TensorView> scales) {
  QuantizationPlan plan = network.plan;
  plan.graph = std::move(trained);
  const auto give = [&](QuantSpec& spec, std::size_t i) {
    const std::span<const float> learned = scales[i].span<const float>();
    spec.given = {.scale = {},
                  .zero_point = network.learned[i].zero_point,
                  .axis = spec.axis,
                  .block = spec.block,
                  .qmin = spec.qmin,
                  .qmax = spec.qmax};
    for (const float scale : learned) spec.given.scale.push_back(std::max(scale, kSmallestScale));
  };
  for (std::size_t i = 0; i < network.learned.size(); ++i)
    if (const auto value = plan.values.find(network.learned[i].of); value != plan.values.end())
      give(value->second, i);
  for (const auto& [id, slot] : network.ranges) {
    QuantSpec& spec = plan.values.at(id);
    spec.given = choose_qparams({*states[slot].as<float>(), *states[slot + 1].as<float>()}, spec.qmin,
                                spec.qmax, QScheme::affine, kSmallestScale);
  }
  for (auto& [operand, spec] : plan.operands) {
    spec.rounding = Rounding::nearest;
    spec.corrects_bias = false;
    if (const auto learned = network.learned_operands.find(operand);
        learned != network.learned_operands.end())
      give(spec, learned->second);
    const auto size = network.sizes.find(operand);
    if (size == network.sizes.end()) continue;
    spec.given = {.axis = spec.axis, .block = spec.block, .qmin = spec.qmin, .qmax = spec.qmax};
    for (const float largest : states[size->second].span<float>()) {
      spec.given.scale.push_back(std::max(largest / static_cast<float>(spec.qmax), kSmallestScale));
      spec.given.zero_point.push_back(0);
    }
  }
  return plan;
}

}  // namespace octavo
