// What is to be quantized, and how: quantizers fill it, a caller may edit it, insert_qdq obeys it.
//
//   QuantizationPlan plan = plan_static(graph, options);       // or plan_dynamic, and then insert_qdq at once
//   Calibrator calibrator(plan);
//   … run observed_graph(plan) on calibration data with &calibrator …
//   const Graph quantized = insert_qdq(plan, &calibrator);
#pragma once

#include <compare>
#include <map>

#include "graph/graph.h"
#include "quant/choose_qparams.h"
#include "quant/observer.h"

namespace octavo {

// Where the range comes from that scale and zero_point are made of.
enum class RangeSource : uint8_t {
  constant,  // the elements of a constant
  observed,  // calibration
  run_time,  // each run of the quantized network: DynamicQuantizeLinear
  none,      // of an activation in float, which others read quantized: none is needed
};

// Along which axis channels are observed, beside the range of a value.
enum class ObservedChannels : uint8_t { none, second_axis, last_axis };

// How a float tensor becomes integers. What a source has no use for is not looked at.
struct QuantSpec {
  RangeSource source = RangeSource::observed;
  // u8: asymmetric, with the zero_point that fits. s8: of 2 to 8 bits, as `scheme` says. s32: a bias in units of the
  // activation's scale times the weight's.
  DType dtype = DType::u8;
  int32_t qmin = 0, qmax = 255;
  int axis = -1;      // constant: one scale for each index along it; -1: one scale
  int64_t block = 0;  // constant: not 0: one scale for each `block` neighbours along the axis
  QScheme scheme = QScheme::symmetric;            // constant: of s8
  Granularity granularity = Granularity::tensor;  // run_time
  ObserverOptions observer;                       // observed
  // observed: for what rewrites the network by it (quant/equalize.h, quant/smooth_quant.h)
  ObservedChannels channels = ObservedChannels::none;
  Rounding rounding = Rounding::nearest;  // constant: of a weight
  bool corrects_bias =
      false;  // constant: of a weight, beside whose bias goes what its roundings take from the output
  // Of an activation or a weight: what is known beforehand, by training; without scales, it is chosen.
  QParams given;
  ValueId range_of =
      kNoValue;  // observed: whose range it is; kNoValue: its own, else that of where it was moved from

  // Whether it needs what the weight is multiplied with: quant/products.h.
  bool observes_products() const { return rounding == Rounding::gptq || corrects_bias; }
};

// An input of a node, by its index in Graph::nodes.
struct OperandId {
  uint32_t node, input;
  auto operator<=>(const OperandId&) const = default;
};

// Ids and indices are those of `graph`. What is not mentioned stays float.
struct QuantizationPlan {
  Graph graph;  // the simplified float network
  // Activations: everyone who reads one, but for the operands of RangeSource::none, reads it quantized and dequantized.
  // RangeSource::observed.
  std::map<ValueId, QuantSpec> values;
  // What one node reads in a form of its own: constants, activations ranged at run time, and those that it reads in
  // float where a float operator makes them, so that a residual stream is not rounded on its way.
  std::map<OperandId, QuantSpec> operands;
  // Nodes that plan_static quantizes, in order, without those that belong to one before: its clamp, the sum of its bias.
  std::vector<uint32_t> layers;
  double smoothing = 0;    // SmoothQuant's exponent; 0: none
  bool equalizes = false;  // across layers

  // Whose observed range an activation of `values` has.
  ValueId observed(ValueId value) const {
    const ValueId from = values.at(value).range_of;
    return from == kNoValue ? value : from;
  }
};

// The float network with octavo.Observe nodes on the values whose ranges the plan needs; Lowered::observed is their id.
// What weights are multiplied with is observed as well, where their spec needs it.
Graph observed_graph(const QuantizationPlan& plan);

}  // namespace octavo
