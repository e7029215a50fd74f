#include "passes/shift_to_unsigned.h"

#include <algorithm>

#include "base/error.h"
#include "graph/op_def.h"
#include "graph/qdq.h"

namespace octavo {

namespace {

constexpr int kShift = 128;

class Shifter {
 public:
  explicit Shifter(Graph& graph) : graph_(graph), uses_(graph) {}

  int run() {
    int shifted = 0;
    for (uint32_t n = 0; n < graph_.nodes.size(); ++n) {
      const Node& node = graph_.nodes[n];
      if (is_dequantize(node) && is_constant_activation(node)) {
        shift_constant(graph_.nodes[n]);
        ++shifted;
      }
      if (!is_quantize(node) || graph_[node.outputs[0]].dtype != DType::s8) continue;
      affected_ = {n};
      if (!is_scalar_zero_point(node) || !collect(node.outputs[0])) continue;
      for (uint32_t a : affected_)
        if (is_qdq(graph_.nodes[a])) shift(graph_.nodes[a]);
      for (ValueId id : tensors_) graph_[id].dtype = DType::u8;
      ++shifted;
    }
    return shifted;
  }

 private:
  bool is_scalar_zero_point(const Node& node) const {
    const Tensor* zero_point = graph_.constant_input(node, 2);
    return zero_point && zero_point->dtype() == DType::s8 && zero_point->shape().elements() == 1;
  }

  bool is_constant_activation(const Node& node) const {
    const Tensor* constant = graph_.constant_input(node, 0);
    if (!constant || constant->dtype() != DType::s8 || !is_scalar_zero_point(node)) return false;
    const ValueId value = node.outputs[0];
    return std::ranges::any_of(uses_.consumers[value], [&](uint32_t n) {
      const Node& reader = graph_.nodes[n];
      const auto place = std::ranges::find(reader.inputs, value) - reader.inputs.begin();
      return reader.op->quant.role(static_cast<std::size_t>(place)) == OperandRole::activation;
    });
  }

  void shift_constant(Node& node) {
    const Tensor& constant = *graph_.constant_input(node, 0);
    Tensor shifted(DType::u8, constant.shape());
    std::ranges::transform(constant.span<int8_t>(), shifted.span<uint8_t>().begin(),
                           [](int8_t q) { return static_cast<uint8_t>(q + kShift); });
    const std::string name = graph_.unique_value_name(text("{}.u8", graph_[node.inputs[0]].name));
    node.inputs[0] = graph_.add_constant(name, std::move(shifted));
    shift(node);
  }

  // Follows `first` to every DQ. False when something else reads the integers.
  bool collect(ValueId first) {
    tensors_ = {first};
    for (std::size_t i = 0; i < tensors_.size(); ++i) {
      const ValueId id = tensors_[i];
      if (uses_.is_output[id]) return false;
      for (uint32_t n : uses_.consumers[id]) {
        const Node& node = graph_.nodes[n];
        affected_.push_back(n);
        if (is_dequantize(node) && is_scalar_zero_point(node)) continue;
        if (!moves_elements(graph_, node) || node.inputs[0] != id) return false;
        for (ValueId output : node.outputs)
          if (output != kNoValue) tensors_.push_back(output);
      }
    }
    return true;
  }

  void shift(Node& node) {
    const int zero_point = graph_.constant_input(node, 2)->span<int8_t>()[0];
    Tensor shifted = Tensor::scalar(static_cast<uint8_t>(zero_point + kShift));
    const std::string name = graph_.unique_value_name(text("{}.u8", graph_[node.inputs[2]].name));
    node.inputs[2] = graph_.add_constant(name, std::move(shifted));
    const IntegerRange range = integer_range(node, DType::s8);
    if (node.notes.qmin) node.notes.qmin = int64_t{range.qmin} + kShift;
    if (node.notes.qmax) node.notes.qmax = int64_t{range.qmax} + kShift;
    node.attrs.erase("output_dtype");
  }

  Graph& graph_;
  Uses uses_;
  std::vector<uint32_t> affected_;
  std::vector<ValueId> tensors_;
};

}  // namespace

int shift_to_unsigned(Graph& graph) { return Shifter(graph).run(); }

}  // namespace octavo
