#include "ops/recurrent_cells.h"

#include "kernels/eltwise/binary.h"

namespace octavo {

namespace {

using kernels::BinaryOp;

void combine(BinaryOp op, const float* a, const float* b, float* out, int64_t n) {
  const auto bytes = [](const float* p) { return reinterpret_cast<const std::byte*>(p); };
  kernels::binary_row(op)(bytes(a), bytes(b), reinterpret_cast<std::byte*>(out), n, true, true);
}
void add(float* y, const float* x, int64_t n) { combine(BinaryOp::add, y, x, y, n); }
void multiply(float* y, const float* x, int64_t n) { combine(BinaryOp::mul, y, x, y, n); }

void add_products(float* y, const float* a, const float* b, int64_t n) {
  for (int64_t i = 0; i < n; ++i) y[i] += a[i] * b[i];
}

// h = f(x + h)
void update_rnn(const CellRow& row) {
  const int64_t n = row.options.hidden;
  combine(BinaryOp::add, row.gates, row.x, row.h, n);
  row.options.activations.apply(row.functions[0], row.h, n);
}

// z, r = f(x + h); what r lets through goes into the second product, or its product is let through.
void gates_gru(const CellRow& row) {
  const int64_t n = row.options.hidden;
  float* const r = row.gates + n;
  add(row.gates, row.x, 2 * n);
  row.options.activations.apply(row.functions[0], row.gates, 2 * n);
  if (row.options.reset_after)
    multiply(r + n, r, n);
  else
    combine(BinaryOp::mul, r, row.h, row.reset, n);
}

// h = (1 - z) · g(x + …) + z · h
void update_gru(const CellRow& row) {
  const int64_t n = row.options.hidden;
  float *const z = row.gates, *const candidate = row.gates + 2 * n;
  add(candidate, row.x + 2 * n, n);
  row.options.activations.apply(row.functions[1], candidate, n);
  combine(BinaryOp::sub, row.h, candidate, row.h, n);
  multiply(row.h, z, n);
  add(row.h, candidate, n);
}

// i, o, f, candidate; c = f · c + i · candidate, h = o · h(c). Peepholes show the cell to the gates. As in ONNX
// Runtime, c is not clipped on its way into h.
void update_lstm(const CellRow& row) {
  const RecurrentActivations& activations = row.options.activations;
  const int64_t n = row.options.hidden;
  float *const i = row.gates, *const o = i + n, *const f = o + n, *const candidate = f + n;
  const RecurrentActivation* const functions = row.functions;
  add(row.gates, row.x, 4 * n);
  if (row.peepholes) {
    add_products(i, row.peepholes, row.c, n);
    add_products(f, row.peepholes + 2 * n, row.c, n);
  }
  activations.apply(functions[0], i, n);
  activations.apply(functions[0], f, n);
  if (row.options.input_forget)
    for (int64_t j = 0; j < n; ++j) f[j] = 1 - i[j];
  activations.apply(functions[1], candidate, n);
  multiply(row.c, f, n);
  add_products(row.c, i, candidate, n);
  if (row.peepholes) add_products(o, row.peepholes + n, row.c, n);
  activations.apply(functions[0], o, n);
  functions[2].kernel(row.c, row.h, n, functions[2].params);
  multiply(row.h, o, n);
}

constexpr std::string_view kRnn[] = {"tanh"}, kGru[] = {"sigmoid", "tanh"},
                           kLstm[] = {"sigmoid", "tanh", "tanh"};

}  // namespace

constinit const Cell kRnnCell = {1, false, kRnn, nullptr, update_rnn};
constinit const Cell kGruCell = {3, true, kGru, gates_gru, update_gru};
constinit const Cell kLstmCell = {4, false, kLstm, nullptr, update_lstm};

}  // namespace octavo
