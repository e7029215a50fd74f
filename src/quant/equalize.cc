#include "quant/equalize.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "graph/op_def.h"
#include "quant/products.h"
#include "quant/qdq.h"

namespace octavo {

namespace {

constexpr int kMostSweeps = 40;
constexpr double kSettled = 1e-6;

// Two convolutions, by their nodes, and the value between them.
struct Pair {
  uint32_t first, second;
  ValueId value;
  double bound;
  std::vector<double> by;  // s; empty: left out
};

class Equalizer {
 public:
  explicit Equalizer(QuantizationPlan& plan)
      : plan_(plan),
        graph_(plan.graph),
        before_(plan.graph.nodes.size(), -1),
        behind_(plan.graph.nodes.size(), -1) {
    const Uses uses(graph_);
    for (uint32_t n = 0; n < graph_.nodes.size(); ++n)
      if (auto pair = pair_behind(uses, n)) {
        behind_[n] = before_[pair->second] = static_cast<int>(pairs.size());
        pairs.push_back(std::move(*pair));
      }
  }

  std::vector<Pair> pairs;

  // Of the pairs that are not left out, from the beginning.
  void settle(const Calibrator& calibrator) {
    for (Pair& pair : pairs) std::ranges::fill(pair.by, 1.0);
    for (int sweep = 0; sweep < kMostSweeps; ++sweep) {
      double moved = 0;
      for (Pair& pair : pairs) {
        if (pair.by.empty()) continue;
        const auto& channels = calibrator.channels(pair.value)->channels;
        const std::vector<double> r1 = largest(pair.first, true), r2 = largest(pair.second, false);
        for (std::size_t i = 0; i < pair.by.size(); ++i) {
          if (r1[i] <= 0 || r2[i] <= 0) continue;
          const double most = channels[i].range.max;
          double s = pair.by[i] * std::sqrt(r1[i] / r2[i]);
          if (pair.bound < std::numeric_limits<double>::infinity())
            s = most < pair.bound ? std::max(s, most / pair.bound) : 1;
          moved = std::max(moved, std::abs(s / pair.by[i] - 1));
          pair.by[i] = s;
        }
      }
      if (moved < kSettled) break;
    }
  }

  double noise(const Pair& pair, const Calibrator& calibrator) const {
    const ChannelStatistics& y = *calibrator.channels(pair.value);
    const QuantSpec& spec = plan_.values.at(pair.value);
    const double step = choose_activation_qparams(divided_range(y, pair.by), spec.qmin, spec.qmax).scale[0];
    const std::vector<double> first = first_noise(pair, calibrator), steps = weight_steps(pair.second);
    double sum = 0;
    for_each(pair.second, [&](std::size_t o, std::size_t i, double w) {
      const double unit = steps[o] * divisor(behind_, pair.second, o), s = pair.by[i];
      sum += w * w * s * s * (step * step + first[i]) + unit * unit * mean_square(y, i) / (s * s);
    });
    return sum;
  }

  // Gives the network its constants. Nothing changes, and it is false, where one would not be finite.
  bool rewrite() {
    std::vector<std::pair<ValueId, ConstantTensor>> made;
    for (uint32_t n = 0; n < graph_.nodes.size(); ++n) {
      if (!scales(before_, n) && !scales(behind_, n)) continue;
      const Node& node = graph_.nodes[n];
      Tensor weights = Tensor::copy_of(graph_[node.inputs[1]].constant->view());
      float* const values = weights.view().as<float>();
      const float* const old = graph_[node.inputs[1]].constant->view().as<float>();
      for_each_place(n, [&](std::size_t o, std::size_t i, const float& w) {
        values[&w - old] = static_cast<float>(w * divisor(before_, n, i) / divisor(behind_, n, o));
      });
      made.emplace_back(node.inputs[1], std::make_shared<const Tensor>(std::move(weights)));
      if (!scales(behind_, n) || !node.has_input(2)) continue;
      Tensor bias = Tensor::copy_of(graph_[node.inputs[2]].constant->view());
      for (std::size_t o = 0; float& b : bias.view().span<float>())
        b = static_cast<float>(b / divisor(behind_, n, o++));
      made.emplace_back(node.inputs[2], std::make_shared<const Tensor>(std::move(bias)));
    }
    for (const auto& [id, constant] : made) {
      const ValueRange range = find_range(constant->span<float>());
      if (!std::isfinite(range.min) || !std::isfinite(range.max)) return false;
    }
    for (auto& [id, constant] : made) graph_[id].constant = std::move(constant);
    return true;
  }

 private:
  using Links = std::vector<int>;  // a pair by a node, or -1

  bool is_planned_conv(uint32_t n) const {
    const Node& node = graph_.nodes[n];
    return node.op->quant.rows == ProductRows::windows && plan_.operands.contains({n, 1}) &&
           product_size(graph_, node, node.inputs[1]).has_value();
  }

  std::optional<Pair> pair_behind(const Uses& uses, uint32_t n) const {
    if (!is_planned_conv(n)) return std::nullopt;
    const Node& first = graph_.nodes[n];
    const auto is_alone = [&](ValueId id) { return uses.only_consumer(id) != Uses::kNone; };
    ValueId value = first.outputs[0];
    uint32_t second = uses.only_consumer(value);
    if (second == Uses::kNone) return std::nullopt;
    double bound = std::numeric_limits<double>::infinity();
    if (const Node& clamp = graph_.nodes[second]; clamp.inputs[0] == value)
      if (const auto range = clamp_of(graph_, clamp)) {
        if (plan_.values.contains(value) || !(range->low == 0 || std::isinf(range->low)) || range->high <= 0)
          return std::nullopt;
        bound = range->high;
        value = clamp.outputs[0];
        second = uses.only_consumer(value);
      }
    if (second == Uses::kNone || !is_planned_conv(second) || graph_.nodes[second].inputs[0] != value ||
        !plan_.values.contains(value) || plan_.observed(value) != value)
      return std::nullopt;
    if (!is_alone(first.inputs[1]) || !is_alone(graph_.nodes[second].inputs[1])) return std::nullopt;
    if (first.has_input(2) && (!is_float_constant(graph_, first.inputs[2]) || !is_alone(first.inputs[2])))
      return std::nullopt;
    const auto channels = static_cast<std::size_t>(graph_[first.inputs[1]].constant->shape()[0]);
    return Pair{n, second, value, bound, std::vector<double>(channels, 1.0)};
  }

  bool scales(const Links& links, uint32_t n) const { return links[n] >= 0 && !pairs[links[n]].by.empty(); }
  double divisor(const Links& links, uint32_t n, std::size_t channel) const {
    return scales(links, n) ? pairs[links[n]].by[channel] : 1;
  }

  // f(output channel, input channel, weight) for each weight as it is in the network.
  template <class F> void for_each_place(uint32_t n, F f) const {
    const Node& node = graph_.nodes[n];
    const auto [weights, groups] = weight_rows(graph_, node, node.inputs[1]);
    const int rows = weights.n / static_cast<int>(groups);
    for (int o = 0; o < weights.n; ++o)
      for (int y = 0; y < weights.kh; ++y)
        for (int x = 0; x < weights.kw; ++x)
          for (int c = 0; c < weights.channels; ++c) {
            const int input = o / rows * weights.channels + c;
            f(static_cast<std::size_t>(o), static_cast<std::size_t>(input), weights.at(o, y, x, c));
          }
  }
  template <class F> void for_each(uint32_t n, F f) const {
    for_each_place(n, [&](std::size_t o, std::size_t i, const float& w) { f(o, i, static_cast<double>(w)); });
  }

  // Of the weights as they are scaled, the largest of each output or input channel.
  std::vector<double> largest(uint32_t n, bool of_outputs) const {
    std::vector<double> found;
    for_each(n, [&](std::size_t o, std::size_t i, double w) {
      const std::size_t channel = of_outputs ? o : i;
      if (channel >= found.size()) found.resize(channel + 1);
      found[channel] =
          std::max(found[channel], std::abs(w) * divisor(before_, n, i) / divisor(behind_, n, o));
    });
    return found;
  }

  // Steps of the scaled weights of each output channel.
  std::vector<double> weight_steps(uint32_t n) const {
    std::vector<double> steps = largest(n, true);
    if (plan_.operands.at({n, 1}).axis < 0) std::ranges::fill(steps, *std::ranges::max_element(steps));
    for (double& step : steps) step /= 127;
    return steps;
  }

  static double mean_square(const ChannelStatistics& statistics, std::size_t channel) {
    return statistics.channels[channel].squares / static_cast<double>(statistics.rows);
  }

  // What the roundings of the first weights add to each channel between, in its scaled units; nothing where what they
  // are multiplied with is not observed.
  std::vector<double> first_noise(const Pair& pair, const Calibrator& calibrator) const {
    std::vector<double> noise(pair.by.size());
    const ChannelStatistics* const x = calibrator.channels(graph_.nodes[pair.first].inputs[0]);
    if (x == nullptr) return noise;
    const std::vector<double> steps = weight_steps(pair.first);
    for_each(pair.first, [&](std::size_t o, std::size_t i, double) {
      const double s = divisor(before_, pair.first, i);
      noise[o] += steps[o] * steps[o] * mean_square(*x, i) / (s * s);
    });
    return noise;
  }

  QuantizationPlan& plan_;
  Graph& graph_;
  Links before_, behind_;
};

}  // namespace

void plan_equalization(QuantizationPlan& plan) {
  plan.equalizes = true;
  for (const Pair& pair : Equalizer(plan).pairs)
    for (const ValueId id : {pair.value, plan.graph.nodes[pair.first].inputs[0]})
      if (const auto spec = plan.values.find(id); spec != plan.values.end())
        spec->second.channels = ObservedChannels::second_axis;
}

Applied equalize(QuantizationPlan& plan, Calibrator& calibrator) {
  Applied applied{.method = "equalization"};
  Equalizer equalizer(plan);
  std::vector<Pair>& pairs = equalizer.pairs;
  for (Pair& pair : pairs) {
    const ChannelStatistics* const seen = calibrator.channels(pair.value);
    if (seen == nullptr || seen->channels.size() != pair.by.size()) pair.by.clear();
  }
  std::vector<double> before(pairs.size()), gain(pairs.size());
  for (std::size_t p = 0; p < pairs.size(); ++p)
    if (!pairs[p].by.empty()) before[p] = equalizer.noise(pairs[p], calibrator);
  for (bool is_better = false; !is_better;) {
    is_better = true;
    equalizer.settle(calibrator);
    for (std::size_t p = 0; p < pairs.size(); ++p)
      if (!pairs[p].by.empty()) gain[p] = before[p] / equalizer.noise(pairs[p], calibrator);
    for (std::size_t p = 0; p < pairs.size(); ++p) {
      if (pairs[p].by.empty() || gain[p] > 1) continue;
      pairs[p].by.clear();
      ++applied.unchanged;
      is_better = false;
    }
  }
  plan.equalizes = false;
  if (!equalizer.rewrite()) return applied;
  double gained = 0;
  const ProductIds ids(plan.graph);
  for (std::size_t p = 0; p < pairs.size(); ++p) {
    const Pair& pair = pairs[p];
    if (pair.by.empty()) continue;
    calibrator.divide_value(pair.value, pair.by);
    calibrator.divide_products(ids.of(plan.graph, {pair.second, 1}), pair.by);
    ++applied.layers;
    gained += 10 * std::log10(gain[p]);
  }
  if (applied.layers > 0) applied.gain_db = gained / applied.layers;
  return applied;
}

}  // namespace octavo
