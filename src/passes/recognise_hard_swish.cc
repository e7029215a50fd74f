// scale · clip(slope·x + offset, low, high) → HardSigmoid(x) where it runs from 0 to 1; x · that → HardSwish(x).
#include <algorithm>
#include <cmath>

#include "graph/rewrite.h"
#include "passes/passes.h"

namespace octavo {

namespace {

bool near(double a, double b) { return std::abs(a - b) <= 1e-5 * std::max(1.0, std::abs(b)); }

// A clip from $low to $high, scaled: whether it runs from 0 to 1. Its slope becomes $alpha.
bool is_unit_ramp(Bindings& b, double scale) {
  b["alpha"] = scale;
  b["beta"] = 0;
  return scale > 0 && near(b["low"] * scale, 0) && near(b["high"] * scale, 1);
}

// clip(x + c): slope 1 and offset c.
bool is_hard_swish(Bindings& b, double scale) {
  return is_unit_ramp(b, scale) && near(scale, 1.0 / 6) && near(b["c"] * scale, 0.5);
}

// ramp(factor · x + term) as a ramp of x, where float32 can tell it.
bool absorb(Bindings& b, double factor, double term) {
  b["beta"] += b["alpha"] * term;
  b["alpha"] *= factor;
  const auto alpha = static_cast<float>(b["alpha"]), beta = static_cast<float>(b["beta"]);
  return std::isfinite(alpha) && std::isfinite(beta) && alpha != 0 && !(alpha == 1 && beta == 0);
}

constexpr Rewrite kRows[] = {
    // Gates that are scaled behind the product.
    {"Div(Mul(x, Clip(Add(x, $c), $low, $high)), $scale)", "HardSwish(x)",
     [](Bindings& b) { return is_hard_swish(b, 1 / b["scale"]); }},
    {"Mul(Mul(x, Clip(Add(x, $c), $low, $high)), $scale)", "HardSwish(x)",
     [](Bindings& b) { return is_hard_swish(b, b["scale"]); }},
    // Ramps that are scaled behind the clip.
    {"Div(Clip(x, $low, $high), $scale)", "HardSigmoid(x, alpha: $alpha, beta: $beta)",
     [](Bindings& b) { return is_unit_ramp(b, 1 / b["scale"]); }},
    {"Mul(Clip(x, $low, $high), $scale)", "HardSigmoid(x, alpha: $alpha, beta: $beta)",
     [](Bindings& b) { return is_unit_ramp(b, b["scale"]); }},
    // A clip from 0 to 1 of what is no plain value.
    {"Clip(Add(x, $c), $low, $high)", "HardSigmoid(x, alpha: $alpha, beta: $beta)",
     [](Bindings& b) { return is_unit_ramp(b, 1) && absorb(b, 1, b["c"]); }},
    {"Clip(Sub(x, $c), $low, $high)", "HardSigmoid(x, alpha: $alpha, beta: $beta)",
     [](Bindings& b) { return is_unit_ramp(b, 1) && absorb(b, 1, -b["c"]); }},
    {"Clip(Mul(x, $c), $low, $high)", "HardSigmoid(x, alpha: $alpha, beta: $beta)",
     [](Bindings& b) { return is_unit_ramp(b, 1) && absorb(b, b["c"], 0); }},
    {"Clip(Div(x, $c), $low, $high)", "HardSigmoid(x, alpha: $alpha, beta: $beta)",
     [](Bindings& b) { return is_unit_ramp(b, 1) && absorb(b, 1 / b["c"], 0); }},
    // slope · x + offset, step by step.
    {"HardSigmoid(Add(x, $c), alpha: $alpha = 0.2, beta: $beta = 0.5)",
     "HardSigmoid(x, alpha: $alpha, beta: $beta)", [](Bindings& b) { return absorb(b, 1, b["c"]); }, true},
    {"HardSigmoid(Sub(x, $c), alpha: $alpha = 0.2, beta: $beta = 0.5)",
     "HardSigmoid(x, alpha: $alpha, beta: $beta)", [](Bindings& b) { return absorb(b, 1, -b["c"]); }, true},
    {"HardSigmoid(Mul(x, $c), alpha: $alpha = 0.2, beta: $beta = 0.5)",
     "HardSigmoid(x, alpha: $alpha, beta: $beta)", [](Bindings& b) { return absorb(b, b["c"], 0); }, true},
    {"HardSigmoid(Div(x, $c), alpha: $alpha = 0.2, beta: $beta = 0.5)",
     "HardSigmoid(x, alpha: $alpha, beta: $beta)", [](Bindings& b) { return absorb(b, 1 / b["c"], 0); },
     true},
    {"Mul(x, HardSigmoid(x, alpha: $alpha = 0.2, beta: $beta = 0.5))", "HardSwish(x)",
     [](Bindings& b) { return near(b["alpha"], 1.0 / 6) && near(b["beta"], 0.5); }},
};

}  // namespace

int recognise_hard_swish(Graph& graph) { return apply_rewrites(graph, kRows); }

}  // namespace octavo
