#include "quant/compare_layers.h"

#include <cmath>
#include <map>
#include <optional>

#include "base/error.h"
#include "graph/op_def.h"
#include "graph/qdq.h"
#include "graph/rewriter.h"
#include "passes/passes.h"

namespace octavo {

namespace {

// True for a DequantizeLinear that takes the integers for the numbers that the QuantizeLinear made them of.
bool undoes(const Graph& graph, const Node& dequantize, const Node& quantize) {
  if (!is_dequantize(dequantize)) return false;
  const auto made = read_qparams(graph, quantize), read = read_qparams(graph, dequantize);
  return !made || !read || made->same_meaning(*read);
}

// The float values that nodes compute, by name; one that goes through Q → DQ stands for what comes out of it.
std::map<std::string_view, ValueId> comparable_values(const Graph& graph) {
  const Uses uses(graph);
  std::map<std::string_view, ValueId> values;
  for (const Node& node : graph.nodes) {
    const ValueId id = node.outputs[0];
    if (graph[id].dtype != DType::f32 || is_dequantize(node)) continue;
    ValueId stands_for = id;
    for (uint32_t n : uses.consumers[id]) {
      if (!is_quantize(graph.nodes[n])) continue;
      for (uint32_t reader : uses.consumers[graph.nodes[n].outputs[0]])
        if (undoes(graph, graph.nodes[reader], graph.nodes[n])) stands_for = graph.nodes[reader].outputs[0];
    }
    values[graph[id].name] = stands_for;
    if (stands_for != id) values[graph[stands_for].name] = stands_for;
  }
  return values;
}

// Compares what two sessions show, whichever shows it first.
class Differences {
 public:
  explicit Differences(std::size_t layers) : waiting_(layers), found_(layers) {}

  void add(bool is_reference, int64_t layer, const TensorView& tensor) {
    std::unique_ptr<Tensor>& waiting = waiting_[layer];
    if (!waiting) {
      waiting = std::make_unique<Tensor>(Tensor::copy_of(tensor));
      return;
    }
    const TensorView other = waiting->view();
    // Behind an input of unknown rank the graph may not say what is computed: only the tensors themselves do.
    if (tensor.dtype == DType::f32 && other.dtype == DType::f32)
      found_[layer] = is_reference ? compare(tensor.span<float>(), other.span<float>())
                                   : compare(other.span<float>(), tensor.span<float>());
    waiting.reset();
  }

  struct Found {
    TensorComparison comparison;
    std::optional<Distribution> distribution;
  };
  const std::optional<Found>& of(std::size_t layer) const { return found_[layer]; }

 private:
  static Found compare(std::span<const float> reference, std::span<const float> other) {
    Found found{.comparison = compare_tensors(reference, other)};
    if (!std::isnan(found.comparison.max_abs)) found.distribution = distribution_of(reference, other);
    return found;
  }

  std::vector<std::unique_ptr<Tensor>> waiting_;  // by layer: shown by one of the two
  std::vector<std::optional<Found>> found_;       // by layer
};

// One of the networks, step by step.
class Side final : public TensorObserver {
 public:
  Side(StagedExecutor& network, std::span<const Feed> feeds, bool is_reference, Differences& differences)
      : network_(network), is_reference_(is_reference), differences_(differences) {
    network_.begin(feeds);
  }

  bool is_done() const { return is_done_; }
  void step() { is_done_ = !network_.step(this); }
  std::size_t shown() const { return shown_; }

  void observe(int64_t id, const TensorView& tensor) override {
    differences_.add(is_reference_, id, tensor);
    ++shown_;
  }

 private:
  StagedExecutor& network_;
  bool is_reference_, is_done_ = false;
  Differences& differences_;
  std::size_t shown_ = 0;
};

}  // namespace

std::vector<LayerComparer::Layer> LayerComparer::common_layers(const Graph& reference,
                                                               const Graph& quantized) {
  const auto values = comparable_values(quantized);
  std::vector<Layer> layers;
  for (const Node& node : reference.nodes) {
    const ValueId id = node.outputs[0];
    const auto found = values.find(reference[id].name);
    if (reference[id].dtype == DType::f32 && found != values.end())
      layers.push_back({reference[id].name, std::string(node.op->name), id, found->second});
  }
  return layers;
}

StagedExecutor LayerComparer::inspected(Graph graph, ValueId Layer::* value,
                                        const KernelPolicy& kernels) const {
  std::vector<std::vector<std::size_t>> layers_of(graph.values.size());
  for (std::size_t i = 0; i < layers_.size(); ++i) layers_of[layers_[i].*value].push_back(i);
  std::vector<Node> nodes;
  for (Node& node : take_nodes(graph)) {
    const ValueId id = node.outputs[0];
    nodes.push_back(std::move(node));
    // Beside what computes it, so that the tensor need not live any longer.
    for (std::size_t layer : layers_of[id]) {
      nodes.push_back(
          make_node(graph, get_op("octavo.Inspect"), text("{}_inspected", graph[id].name), {id}, graph[id]));
      nodes.back().lowered.observed = static_cast<int64_t>(layer);
    }
  }
  graph.nodes = std::move(nodes);
  lower(graph, kernels);
  const KernelPolicy policy = run_policy(graph, kernels);
  return StagedExecutor(compile_stages(std::move(graph), policy));
}

LayerComparer::LayerComparer(const Graph& reference, const Graph& quantized, const KernelPolicy& kernels)
    : layers_(common_layers(reference, quantized)),
      reference_(inspected(reference, &Layer::in_reference, kernels)),
      quantized_(inspected(quantized, &Layer::in_quantized, kernels)) {}

std::vector<LayerComparison> LayerComparer::compare(std::span<const Feed> feeds) {
  Differences differences(layers_.size());
  Side reference(reference_, feeds, true, differences), quantized(quantized_, feeds, false, differences);
  // Whoever has shown less goes on.
  while (!reference.is_done() || !quantized.is_done()) {
    const bool is_first = quantized.is_done() || reference.shown() <= quantized.shown();
    (is_first && !reference.is_done() ? reference : quantized).step();
  }
  std::vector<LayerComparison> compared;
  for (std::size_t i = 0; i < layers_.size(); ++i)
    if (const auto& found = differences.of(i))
      compared.push_back({layers_[i].name, layers_[i].op, found->comparison, found->distribution});
  return compared;
}

}  // namespace octavo
