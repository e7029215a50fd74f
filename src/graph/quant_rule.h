// What quantizers and lowering know of an operator: what its operands are, and which operators compute it on integers.
#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "graph/graph.h"

namespace octavo {

// What an input of an operator is.
enum class OperandRole : uint8_t {
  untouched,   // shapes, indices, bounds: nobody quantizes it
  activation,  // float32 that becomes 8 bits with one scale
  weight,      // a constant that becomes int8, with scales along QuantRule::weight_axis
  bias,        // a value a channel, which becomes int32 in units of the activation's scale times the weight's
};

// What output 0 of an operator is, and each output where elements are moved.
enum class ResultRole : uint8_t {
  untouched,  // stays float; an operator with an IntegerForm of float32 is quantized dynamically for all that
  activation,  // becomes 8 bits, with qparams of its own
  moved,       // is elements of input 0, whose qparams it has (MaxPool, Reshape, Transpose)
};

// Which rows the rows of a weight are multiplied with.
enum class ProductRows : uint8_t {
  unknown,
  last_axis,  // those of the activation along its last axis; the weight is a matrix
  windows,    // those that a Conv's window sees
};

// Who computes on integers what the operator computes on floats.
struct IntegerForm {
  DType activation, weight,
      result;  // of an activation that is float32, the operator ranges it itself; weight: where there is one
  std::string_view op;
};

// Who computes with constant weights of 4 bits, in blocks along the sum or with a scale a channel: of an activation
// that the operator ranges itself, and of one that stays float32.
struct FourBitForms {
  std::string_view dynamic, weights_only;
};

struct QuantRule {
  // By input; the last one is that of all further inputs, too. Empty: the operator stays float.
  std::span<const OperandRole> inputs = {};
  ResultRole result = ResultRole::untouched;
  // Empty where the result is moved: the operator itself takes integers.
  std::span<const IntegerForm> forms = {};
  // Of a product whose weights are a matrix; null: none.
  const FourBitForms* four_bits = nullptr;
  // Which axis of the weight runs over output channels.
  int (*weight_axis)(const Graph&, const Node&) = nullptr;
  ProductRows rows = ProductRows::unknown;
  // Where a weight is several matrices: the axis that they run along. Each has scales of its own.
  int matrix_axis = -1;
  // Rows of the activation are rows of the result, so that each may have a range of its own when it is ranged at run
  // time; these are also what is quantized dynamically unless a caller says otherwise.
  bool by_row = false;
  // It has a state whose products are of integers where QuantizationNotes::quantized_state says so.
  bool has_state = false;
  // Why this node has no integer form, or empty when it has. May be null: always has. That weight and bias must be
  // constants goes without saying.
  std::string (*obstacle)(const Graph&, const Node&) = nullptr;
  // y = f(x) for one float, with the node's attributes and constants: its integer form is a table.
  float (*function)(const Graph&, const Node&, float) = nullptr;
  // What the node clamps to, nothing when the bounds are not constant: it may go into the clamp of what is before it.
  std::optional<Clamp> (*clamp)(const Graph&, const Node&) = nullptr;

  OperandRole role(std::size_t input) const {
    return inputs.empty() ? OperandRole::untouched : inputs[std::min(input, inputs.size() - 1)];
  }
  // The input of that role; its number where there is none.
  std::optional<std::size_t> input_of(OperandRole role) const {
    const auto found = std::ranges::find(inputs, role);
    if (found == inputs.end()) return std::nullopt;
    return static_cast<std::size_t>(found - inputs.begin());
  }
  bool has_weight() const { return input_of(OperandRole::weight).has_value(); }
  bool is_quantizable() const {
    return result != ResultRole::untouched || form(DType::f32, DType::f32) != nullptr;
  }
  // Whether it computes sums or products, whose rounding to integers may clamp, too.
  bool requantizes() const { return result == ResultRole::activation && function == nullptr; }
  // The form for an activation and a result of those types, with int8 weights; null where there is none.
  const IntegerForm* form(DType activation, DType result) const {
    const auto found = std::ranges::find_if(
        forms, [&](const IntegerForm& f) { return f.activation == activation && f.result == result; });
    return found == forms.end() ? nullptr : &*found;
  }
};

inline constexpr OperandRole kActivations[] = {OperandRole::activation};
inline constexpr OperandRole kFirstIsActivation[] = {OperandRole::activation, OperandRole::untouched};
inline constexpr OperandRole kWeighted[] = {OperandRole::activation, OperandRole::weight, OperandRole::bias};

// Elements of input 0, moved or selected.
inline constexpr QuantRule kMovesElements = {.inputs = kFirstIsActivation, .result = ResultRole::moved};

// The rule of an operator that computes every activation with qparams of its own: `form` in 8 bits.
constexpr QuantRule requantized(std::span<const IntegerForm> form) {
  return {.inputs = kActivations, .result = ResultRole::activation, .forms = form};
}

// Whether a node of known ranks gives elements of its input 0, or numbers between them.
bool moves_elements(const Graph& graph, const Node& node);

// What a node of known ranks clamps to, by its rule; nothing for another node.
std::optional<Clamp> clamp_of(const Graph& graph, const Node& node);

}  // namespace octavo
