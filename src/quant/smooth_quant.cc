#include "quant/smooth_quant.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "graph/op_def.h"
#include "quant/products.h"
#include "quant/qdq.h"

namespace octavo {

namespace {

// The operators of the algebra.
constexpr std::string_view kNormalizations[] = {"LayerNormalization", "RMSNormalization"};
constexpr std::string_view kMul = "Mul";

constexpr double kLeastDivisor = 1e-5;

struct Smoothable {
  ValueId value;
  std::vector<ValueId> divided;     // constants that the value ends in
  std::vector<OperandId> products;  // weights that it is multiplied with
};

class Search {
 public:
  explicit Search(const QuantizationPlan& plan) : plan_(plan), graph_(plan.graph), uses_(plan.graph) {}

  std::vector<Smoothable> all() const {
    std::vector<Smoothable> found;
    for (const auto& [value, spec] : plan_.values) {
      Smoothable here{value, {}, {}};
      if (plan_.observed(value) == value && !uses_.is_output[value] && add_products(here) &&
          add_divided(here))
        found.push_back(std::move(here));
    }
    return found;
  }

 private:
  bool is_read_once(ValueId constant) const { return uses_.only_consumer(constant) != Uses::kNone; }

  bool add_products(Smoothable& here) const {
    for (const uint32_t n : uses_.consumers[here.value]) {
      const Node& node = graph_.nodes[n];
      const OperandId weight{n, 1};
      if (node.op->quant.rows != ProductRows::last_axis || node.inputs[0] != here.value ||
          !plan_.operands.contains(weight) || !is_read_once(node.inputs[1]))
        return false;
      if (!product_size(graph_, node, node.inputs[1])) return false;
      here.products.push_back(weight);
    }
    return !here.products.empty();
  }

  int64_t depth(const Smoothable& here) const {
    const Node& node = graph_.nodes[here.products[0].node];
    return product_size(graph_, node, node.inputs[1])->depth;
  }

  // Adds a constant with a number for each channel, if it is one.
  bool add_channels(Smoothable& here, ValueId id) const {
    if (id == kNoValue || !is_float_constant(graph_, id) || !is_read_once(id)) return false;
    const Shape& shape = graph_[id].constant->shape();
    if (shape.rank() == 0 || shape[shape.rank() - 1] != depth(here) || shape.elements() != depth(here))
      return false;
    here.divided.push_back(id);
    return true;
  }

  bool add_divided(Smoothable& here) const {
    const uint32_t n = uses_.producer[here.value];
    if (n == Uses::kNone || graph_.nodes[n].outputs[0] != here.value) return false;
    const Node& node = graph_.nodes[n];
    if (std::ranges::find(kNormalizations, node.op->name) != std::end(kNormalizations))
      return add_channels(here, node.inputs[1]) && (!node.has_input(2) || add_channels(here, node.inputs[2]));
    return node.op->name == kMul &&
           (add_channels(here, node.inputs[1]) || add_channels(here, node.inputs[0]));
  }

  const QuantizationPlan& plan_;
  const Graph& graph_;
  Uses uses_;
};

class Smoother {
 public:
  Smoother(QuantizationPlan& plan, const Smoothable& here, const ChannelStatistics& seen)
      : plan_(plan), graph_(plan.graph), here_(here), seen_(seen) {}

  std::vector<double> divisors() const {
    const double alpha = plan_.smoothing;
    std::vector<double> by(seen_.channels.size());
    for (std::size_t k = 0; k < by.size(); ++k) {
      const ValueRange& range = seen_.channels[k].range;
      const double y = std::max(-range.min, range.max);
      double w = 0;
      for (const OperandId& product : here_.products) {
        const auto weights = rows(product);
        for (int n = 0; n < weights.n; ++n)
          w = std::max(w, std::abs(static_cast<double>(weights.at(n, 0, 0, static_cast<int>(k)))));
      }
      by[k] = y > 0 && w > 0 ? std::max(std::pow(y, alpha) / std::pow(w, 1 - alpha), kLeastDivisor) : 1;
    }
    return by;
  }

  // Of all products, with y in `range`, after it has been divided.
  double noise(ValueRange range, std::span<const double> by) const {
    const QuantSpec& spec = plan_.values.at(here_.value);
    const double step = choose_activation_qparams(range, spec.qmin, spec.qmax).scale[0];
    double sum = 0;
    for (const OperandId& product : here_.products) {
      const Node& node = graph_.nodes[product.node];
      const QParams qparams = weight_qparams(graph_, node, node.inputs[1], plan_.operands.at(product));
      const auto weights = rows(product);
      for (int n = 0; n < weights.n; ++n) {
        const double unit = qparams.scale[qparams.per_tensor() ? 0 : static_cast<std::size_t>(n)];
        for (std::size_t k = 0; k < by.size(); ++k) {
          const double w = weights.at(n, 0, 0, static_cast<int>(k));
          sum += step * step * w * w +
                 unit * unit * seen_.channels[k].squares / (by[k] * by[k] * static_cast<double>(seen_.rows));
        }
      }
    }
    return sum;
  }

  // Gives the network new constants; false where one would not be finite.
  bool rewrite(std::span<const double> by) {
    for (const ValueId id : here_.divided) {
      Tensor tensor = copy(id);
      float* const values = tensor.view().as<float>();
      for (std::size_t k = 0; k < by.size(); ++k) values[k] = static_cast<float>(values[k] / by[k]);
      if (!replace(id, std::move(tensor))) return false;
    }
    for (const OperandId& product : here_.products) {
      const auto weights = rows(product);
      const ValueId id = graph_.nodes[product.node].inputs[1];
      Tensor tensor = copy(id);
      float* const values = tensor.view().as<float>();
      for (int n = 0; n < weights.n; ++n)
        for (std::size_t k = 0; k < by.size(); ++k) {
          const float& w = weights.at(n, 0, 0, static_cast<int>(k));
          values[&w - weights.data] = static_cast<float>(w * by[k]);
        }
      if (!replace(id, std::move(tensor))) return false;
    }
    return true;
  }

  void restore() {
    for (auto& [id, constant] : replaced_) graph_[id].constant = std::move(constant);
  }

 private:
  kernels::WeightView<const float> rows(const OperandId& product) const {
    const Node& node = graph_.nodes[product.node];
    return weight_rows(graph_, node, node.inputs[1]).weights;
  }

  Tensor copy(ValueId id) const { return Tensor::copy_of(graph_[id].constant->view()); }

  bool replace(ValueId id, Tensor tensor) {
    const ValueRange range = find_range(tensor.span<float>());
    replaced_.emplace_back(id, graph_[id].constant);
    graph_[id].constant = std::make_shared<const Tensor>(std::move(tensor));
    return std::isfinite(range.min) && std::isfinite(range.max);
  }

  QuantizationPlan& plan_;
  Graph& graph_;
  const Smoothable& here_;
  const ChannelStatistics& seen_;
  std::vector<std::pair<ValueId, ConstantTensor>> replaced_;
};

}  // namespace

void plan_smoothing(QuantizationPlan& plan, double alpha) {
  plan.smoothing = alpha;
  for (const Smoothable& here : Search(plan).all())
    plan.values.at(here.value).channels = ObservedChannels::last_axis;
}

Applied smooth(QuantizationPlan& plan, Calibrator& calibrator) {
  Applied applied{.method = "smoothQuant"};
  double gained = 0;
  for (const Smoothable& here : Search(plan).all()) {
    const ChannelStatistics* const seen = calibrator.channels(here.value);
    if (seen == nullptr) continue;
    Smoother smoother(plan, here, *seen);
    const std::vector<double> by = smoother.divisors();
    const double before = smoother.noise(calibrator.range(here.value), std::vector<double>(by.size(), 1.0));
    const auto layers = static_cast<int>(here.products.size());
    const double after = smoother.rewrite(by) ? smoother.noise(divided_range(*seen, by), by) : before;
    if (after < before) {
      calibrator.divide_value(here.value, by);
      calibrator.divide_products(ProductIds(plan.graph).of(plan.graph, here.products[0]), by);
      applied.layers += layers;
      gained += layers * 10 * std::log10(before / after);
    } else {
      smoother.restore();
      applied.unchanged += layers;
    }
  }
  plan.smoothing = 0;
  if (applied.layers > 0) applied.gain_db = gained / applied.layers;
  return applied;
}

}  // namespace octavo
