// Gradients of recurrent networks through time: they are spelt out step by step (ONNX LSTM-22, GRU-22), and the rules
// of products and gates apply.
#include "autodiff/rule.h"
#include "base/error.h"

namespace octavo {

namespace {

enum Input : std::size_t { kX, kW, kR, kB, kLengths, kInitialH, kInitialC, kPeepholes };

// What a cell reads in a step.
struct Cell {
  Backward& b;
  int64_t batch, hidden;
  ValueId r, rb;  // matrix [gates · hidden, hidden] of the state and its bias, kNoValue where there is none
  ValueId h, c = kNoValue;

  ValueId op(std::string_view name, ValueId x) const { return b.add(name, {x}); }
  ValueId add(ValueId x, ValueId y) const { return b.add("Add", {x, y}); }
  ValueId mul(ValueId x, ValueId y) const { return b.add("Mul", {x, y}); }
  std::vector<ValueId> gates(ValueId x, std::size_t count) const {
    return b.add_many("Split", {x}, count,
                      attributes({{"axis", int64_t{1}}, {"num_outputs", static_cast<int64_t>(count)}}));
  }
  // x · matrixᵀ + bias
  ValueId product(ValueId x, ValueId matrix, ValueId bias) const {
    if (bias == kNoValue) return b.add("Gemm", {x, matrix}, {{"transB", int64_t{1}}});
    return b.add("Gemm", {x, matrix, bias}, {{"transB", int64_t{1}}});
  }

  // Gates i, o, f, c of X·Wᵀ + Wb, [batch, 4 · hidden]:
  // c = σ(f) ∘ c + σ(i) ∘ tanh(c~), h = σ(o) ∘ tanh(c)
  void lstm(ValueId x) {
    const std::vector<ValueId> gate = gates(add(x, product(h, r, rb)), 4);
    c = add(mul(op("Sigmoid", gate[2]), c), mul(op("Sigmoid", gate[0]), op("Tanh", gate[3])));
    h = mul(op("Sigmoid", gate[1]), op("Tanh", c));
  }

  // Gates z, r, h: h = (1 - σ(z)) ∘ h~ + σ(z) ∘ h, where h~ = tanh(x + σ(r) ∘ (h·Rhᵀ + Rbh)) if the reset is linear,
  // and tanh(x + (σ(r) ∘ h)·Rhᵀ + Rbh) otherwise.
  void gru(ValueId x, bool is_linear) {
    const std::vector<ValueId> given = gates(x, 3);
    ValueId update, reset, candidate;
    if (is_linear) {
      const std::vector<ValueId> state = gates(product(h, r, rb), 3);
      update = op("Sigmoid", add(given[0], state[0]));
      reset = op("Sigmoid", add(given[1], state[1]));
      candidate = mul(reset, state[2]);
    } else {
      const auto part = [&](ValueId x, int64_t first, int64_t count) {
        return x == kNoValue ? x : b.slice(x, 0, first * hidden, count * hidden);
      };
      const std::vector<ValueId> state = gates(product(h, part(r, 0, 2), part(rb, 0, 2)), 2);
      update = op("Sigmoid", add(given[0], state[0]));
      reset = op("Sigmoid", add(given[1], state[1]));
      candidate = product(mul(reset, h), part(r, 2, 1), part(rb, 2, 1));
    }
    candidate = op("Tanh", add(given[2], candidate));
    // (1 - z) ∘ h~ + z ∘ h
    h = add(candidate, mul(update, b.add("Sub", {h, candidate})));
  }
};

// A direction of an input, without its axis.
ValueId of_direction(Backward& b, ValueId input, int64_t d) {
  if (input == kNoValue) return kNoValue;
  const ValueId part = b.slice(input, 0, d, 1);
  Dims dims = b.shape(part).dims;
  dims.erase(dims.begin());
  return b.reshape(part, dims);
}

void spell(Backward& b, bool is_lstm) {
  const bool batch_first = b.attrs().get_int("layout", 0) != 0;
  const auto turned = [&](ValueId x) { return batch_first ? b.swap_axes(x, 0, 1) : x; };
  const ValueId x = turned(b.in(kX));
  const Shape sizes = b.shape(x), states = b.shape(b.in(kR));
  const int64_t steps = sizes[0], batch = sizes[1], hidden = states[2], gates = is_lstm ? 4 : 3;
  // Sequences that are over keep their state, and their outputs are 0.
  const ValueId lengths = b.has(kLengths) ? b.reshape(b.in(kLengths), Shape{batch, 1}) : kNoValue;
  const bool first_is_reverse = b.attrs().get_string("direction", "forward") == "reverse";
  const ValueId rows = b.reshape(x, Shape{steps * batch, sizes[2]});
  std::vector<ValueId> all, last_h, last_c;
  for (int64_t d = 0; d < states[0]; ++d) {
    ValueId wb = kNoValue, rb = kNoValue;
    if (const ValueId bias = of_direction(b, b.in(kB), d); bias != kNoValue) {
      wb = b.slice(bias, 0, 0, gates * hidden);
      rb = b.slice(bias, 0, gates * hidden, gates * hidden);
    }
    const auto initial = [&](std::size_t i) {
      return b.has(i) ? of_direction(b, turned(b.in(i)), d) : b.zeros({batch, hidden});
    };
    Cell cell{b, batch, hidden, of_direction(b, b.in(kR), d), rb, initial(kInitialH)};
    if (is_lstm) cell.c = initial(kInitialC);
    const ValueId given = cell.product(rows, of_direction(b, b.in(kW), d), wb);
    const std::vector<ValueId> step = b.add_many("Split", {given}, static_cast<std::size_t>(steps),
                                                 attributes({{"axis", int64_t{0}}, {"num_outputs", steps}}));
    std::vector<ValueId> outputs(static_cast<std::size_t>(steps));
    const bool is_reverse = first_is_reverse || d == 1;
    for (int64_t i = 0; i < steps; ++i) {
      const int64_t t = is_reverse ? steps - 1 - i : i;
      const ValueId h = cell.h, c = cell.c;
      if (is_lstm)
        cell.lstm(step[t]);
      else
        cell.gru(step[t], b.attrs().get_int("linear_before_reset", 0) != 0);
      ValueId y = cell.h;
      if (lengths != kNoValue) {
        const ValueId runs = b.add("Less", {b.constant(Tensor::scalar(static_cast<int32_t>(t))), lengths});
        y = b.add("Where", {runs, cell.h, b.number(0)});
        cell.h = b.add("Where", {runs, cell.h, h});
        if (is_lstm) cell.c = b.add("Where", {runs, cell.c, c});
      }
      outputs[t] = b.reshape(y, Shape{1, 1, batch, hidden});
    }
    all.push_back(b.add("Concat", outputs, {{"axis", int64_t{0}}}));
    last_h.push_back(b.reshape(cell.h, Shape{1, batch, hidden}));
    if (is_lstm) last_c.push_back(b.reshape(cell.c, Shape{1, batch, hidden}));
  }
  const auto joined = [&](const std::vector<ValueId>& parts, int64_t axis) {
    return parts.size() == 1 ? parts[0] : b.add("Concat", parts, {{"axis", axis}});
  };
  ValueId y = joined(all, 1);
  if (batch_first) y = b.transpose(y, {2, 0, 1, 3});
  b.become(0, y);
  b.become(1, turned(joined(last_h, 0)));
  if (is_lstm) b.become(2, turned(joined(last_c, 0)));
}

void lstm(Backward& b) { spell(b, true); }
void gru(Backward& b) { spell(b, false); }

std::string obstacle(const Graph& graph, const Uses&, const Node& node) {
  if (node.has_input(kPeepholes)) return "it has peepholes";
  for (Name name : {"activations", "activation_alpha", "activation_beta", "clip", "input_forget"})
    if (node.attrs.has(name)) return text("it has the attribute '{}'", name);
  const Shape& x = *graph[node.inputs[kX]].shape;
  if (x.elements() == 0) return "its input has no elements";
  if (node.notes.quantized_state) return "its state is quantized";
  return "";
}

constexpr GradientRule kRules[] = {{.op = "LSTM", .obstacle = obstacle, .spell = lstm},
                                   {.op = "GRU", .obstacle = obstacle, .spell = gru}};

}  // namespace

const GradientRules kRecurrentRules = kRules;

}  // namespace octavo
