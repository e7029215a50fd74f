// DQ(w, s, z) → DQ(w - z, s, 0), where w is a constant that an operator takes as its weights and the differences are
// int8; DQ(w, s, z) of uint8 → DQ(w - 128, s, z - 128) of int8 elsewhere, and of uint4 → DQ(w - 8, s, z - 8) of int4.
// What other tools call u8u8, and what they quantize asymmetrically.
#include <algorithm>
#include <optional>

#include "base/error.h"
#include "graph/op_def.h"
#include "graph/qdq.h"
#include "graph/rewriter.h"
#include "passes/passes.h"

namespace octavo {

namespace {

constexpr int32_t kUnsignedCentre = 128;
// Integers of 4 bits.
constexpr int32_t kNibbles = 16;

class Recentring {
 public:
  explicit Recentring(Graph& graph) : graph_(graph), uses_(graph) {}

  int run() {
    int changes = 0;
    for (Node& node : graph_.nodes) changes += is_weight(node) && rewrite(node) ? 1 : 0;
    if (changes > 0) remove_dead(graph_);
    return changes;
  }

 private:
  // Whether the node dequantizes what operators take as their weights alone.
  bool is_weight(const Node& node) const {
    if (!is_dequantize(node) || !graph_.constant_input(node, 0) || !graph_.knows_types(node)) return false;
    const ValueId weights = node.outputs[0];
    if (uses_.is_output[weights] || uses_.consumers[weights].empty()) return false;
    return std::ranges::all_of(uses_.consumers[weights], [&](uint32_t n) {
      const Node& reader = graph_.nodes[n];
      for (std::size_t i = 0; i < reader.inputs.size(); ++i)
        if (reader.inputs[i] == weights && reader.op->quant.role(i) != OperandRole::weight) return false;
      return true;
    });
  }

  bool rewrite(Node& node) {
    const Tensor& stored = *graph_.constant_input(node, 0);
    const bool is_unsigned = stored.dtype() == DType::u8;
    if (!is_unsigned && stored.dtype() != DType::s8) return false;
    const auto qparams = read_qparams(graph_, node);
    const auto is_zero = [](int32_t z) { return z == 0; };
    if (!qparams) return false;
    // Integers of 4 bits are to stay such, and blocks have no room for a centre each: one for all then.
    const bool is_nibble = is_unsigned ? qparams->qmax < kNibbles : is_int4({qparams->qmin, qparams->qmax});
    const bool has_centres = !is_nibble && (!qparams->blocked() || is_by_row(*qparams, stored.shape()));
    const int first = qparams->per_tensor() ? 0 : qparams->axis + (qparams->blocked() ? 0 : 1);
    const int64_t run = stored.shape().elements(first, stored.shape().rank());
    std::vector<int32_t> centres = qparams->zero_point;
    if (!is_unsigned && (!has_centres || std::ranges::all_of(centres, is_zero))) return false;
    std::optional<Tensor> weights = has_centres ? centred(stored, centres, run) : std::nullopt;
    if (!weights && !is_unsigned) return false;
    QuantizationNotes notes;
    if (!weights) {
      const int32_t centre = is_nibble ? kNibbles / 2 : kUnsignedCentre;
      std::ranges::fill(centres, centre);
      weights = centred(stored, std::span(&centre, 1), stored.shape().elements());
      if (!weights) return false;
      if (is_nibble) notes = {.qmin = qparams->qmin - centre, .qmax = qparams->qmax - centre};
    }
    Tensor zero_point(DType::s8, graph_.constant_input(node, 1)->shape());
    std::ranges::transform(qparams->zero_point, centres, zero_point.span<int8_t>().begin(),
                           [](int32_t z, int32_t centre) { return static_cast<int8_t>(z - centre); });
    node.inputs.resize(3, kNoValue);
    const std::string name = graph_[node.inputs[0]].name;
    replace(node.inputs[2],
            node.inputs[2] == kNoValue ? text("{}_zero_point", name) : graph_[node.inputs[2]].name,
            std::move(zero_point));
    replace(node.inputs[0], name, std::move(*weights));
    node.notes = notes;
    return true;
  }

  // w - centre as int8, with a centre for each `run` of neighbours, over and over; nothing where that is no int8.
  static std::optional<Tensor> centred(const Tensor& stored, std::span<const int32_t> centres, int64_t run) {
    const bool is_unsigned = stored.dtype() == DType::u8;
    Tensor weights(DType::s8, stored.shape());
    const auto out = weights.span<int8_t>();
    for (std::size_t i = 0, channel = 0; i < out.size(); channel = (channel + 1) % centres.size())
      for (const std::size_t end = i + static_cast<std::size_t>(run); i < end; ++i) {
        const int32_t number = is_unsigned ? stored.span<uint8_t>()[i] : stored.span<int8_t>()[i];
        const int32_t difference = number - centres[channel];
        if (difference != static_cast<int8_t>(difference)) return std::nullopt;
        out[i] = static_cast<int8_t>(difference);
      }
    return weights;
  }

  void replace(ValueId& id, const std::string& name, Tensor tensor) {
    const ValueId before = id;
    id = graph_.add_constant(graph_.unique_value_name(name), std::move(tensor));
    // All weights twice would be too much memory on a small device.
    if (before != kNoValue && before < uses_.consumers.size() && uses_.only_consumer(before) != Uses::kNone)
      graph_[before].constant.reset();
  }

  Graph& graph_;
  const Uses uses_;
};

}  // namespace

int recentre_weights(Graph& graph) { return Recentring(graph).run(); }

}  // namespace octavo
