// x · (1 + erf(x / √2)) / 2, however it is spelt → Gelu(x).
#include <cmath>
#include <numbers>

#include "graph/op_def.h"
#include "graph/rewrite.h"
#include "passes/passes.h"

namespace octavo {

namespace {

bool near(double a, double b) { return std::abs(a - b) <= 1e-5 * std::abs(b); }

bool is_gelu(Bindings& b) {
  // erf(x / r) or erf(x · c).
  const bool scaled = near(b["r"], std::numbers::sqrt2) || near(b["c"], 1 / std::numbers::sqrt2);
  return scaled && near(b["one"], 1) && near(b["half"], 0.5);
}

constexpr Rewrite kRows[] = {
    {"Mul(Mul(x, Add(Erf(Div(x, $r)), $one)), $half)", "Gelu(x)", is_gelu, true},
    {"Mul(Mul(x, Add(Erf(Mul(x, $c)), $one)), $half)", "Gelu(x)", is_gelu, true},
    {"Mul(Mul(x, $half), Add(Erf(Div(x, $r)), $one))", "Gelu(x)", is_gelu, true},
    {"Mul(Mul(x, $half), Add(Erf(Mul(x, $c)), $one))", "Gelu(x)", is_gelu, true},
    {"Mul(x, Mul(Add(Erf(Div(x, $r)), $one), $half))", "Gelu(x)", is_gelu, true},
    {"Mul(x, Mul(Add(Erf(Mul(x, $c)), $one), $half))", "Gelu(x)", is_gelu, true},
};

}  // namespace

int recognise_gelu(Graph& graph) { return find_op("Gelu") ? apply_rewrites(graph, kRows) : 0; }

}  // namespace octavo
