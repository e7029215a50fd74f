// RNN, GRU and LSTM by the equations of ONNX, one number at a time in float64, with products of floats or of integers.
#pragma once

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "kernels/quantize/quantize.h"
#include "support/random_data.h"
#include "tensor/qparams.h"

namespace octavo::test {

struct RecurrentCase {
  std::string op = "LSTM";
  int64_t steps = 4, batch = 3, inputs = 5, hidden = 6;
  std::string direction = "forward";
  bool batch_first = false, bias = true, initial = true, peepholes = false;
  std::vector<int32_t> lengths = {};
  float clip = INFINITY;
  bool input_forget = false, linear_before_reset = false;
  bool constant = true;
  // What products take is integers of 0 … qmax, which each row, or all rows of a product, have a range for.
  std::optional<Granularity> granularity = {};
  int32_t qmax = 255;

  int64_t directions() const { return direction == "bidirectional" ? 2 : 1; }
  int64_t gates() const { return op == "LSTM" ? 4 : op == "GRU" ? 3 : 1; }
};

// X, W, R, B, h, c, P in the form of layout 0.
struct RecurrentData {
  Tensor x, w, r, b, h, c, p;
  RecurrentData(const RecurrentCase& k, Random random)
      : x(random.floats({k.steps, k.batch, k.inputs}, -2, 2)),
        w(random.floats({k.directions(), k.gates() * k.hidden, k.inputs})),
        r(random.floats({k.directions(), k.gates() * k.hidden, k.hidden})),
        b(random.floats({k.directions(), 2 * k.gates() * k.hidden})),
        h(random.floats({k.directions(), k.batch, k.hidden})),
        c(random.floats({k.directions(), k.batch, k.hidden})),
        p(random.floats({k.directions(), 3 * k.hidden})) {}
};

// Y, Y_h and Y_c in the form of layout 0: one direction.
class RecurrentReference {
 public:
  RecurrentReference(const RecurrentCase& k, const RecurrentData& data, int64_t d)
      : k_(k),
        data_(data),
        d_(d),
        h_(rows(k.batch, k.hidden)),
        c_(h_),
        reset_(h_),
        x_(rows(k.steps * k.batch, k.inputs)) {
    for (int64_t row = 0; row < k.steps * k.batch; ++row)
      for (int64_t i = 0; i < k.inputs; ++i) x_[u(row)][u(i)] = data.x.span<float>()[u(row * k.inputs + i)];
    for (int64_t b = 0; b < k.batch; ++b)
      for (int64_t i = 0; i < k.hidden && k.initial && length(b) > 0; ++i) {
        h_[u(b)][u(i)] = data.h.span<float>()[u((d * k.batch + b) * k.hidden + i)];
        c_[u(b)][u(i)] = data.c.span<float>()[u((d * k.batch + b) * k.hidden + i)];
      }
    round(x_);
  }

  void run(const Tensor& y, const Tensor& y_h, const Tensor& y_c) {
    for (int64_t step = 0; step < k_.steps; ++step) run_step(step, y);
    for (int64_t b = 0; b < k_.batch; ++b) {
      store(h_[u(b)], y_h, d_ * k_.batch + b);
      store(c_[u(b)], y_c, d_ * k_.batch + b);
    }
  }

 private:
  using Rows = std::vector<std::vector<double>>;
  static std::size_t u(int64_t i) { return static_cast<std::size_t>(i); }
  static Rows rows(int64_t count, int64_t length) { return Rows(u(count), std::vector<double>(u(length))); }
  static double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
  double clip(double x) const { return std::fmin(std::fmax(x, -k_.clip), k_.clip); }
  int64_t length(int64_t b) const { return k_.lengths.empty() ? k_.steps : k_.lengths[u(b)]; }

  void store(const std::vector<double>& numbers, const Tensor& to, int64_t row) const {
    for (int64_t i = 0; i < k_.hidden; ++i)
      to.span<float>()[u(row * k_.hidden + i)] = static_cast<float>(numbers[u(i)]);
  }

  // To what the integers of the rows mean.
  void round(Rows& all) const {
    if (!k_.granularity) return;
    const std::size_t together = *k_.granularity == Granularity::row ? 1 : all.size();
    for (std::size_t first = 0; first < all.size(); first += together) {
      kernels::FloatRange range;
      for (std::size_t row = first; row < first + together; ++row)
        for (const double x : all[row])
          range = {std::min(range.min, float(x)), std::max(range.max, float(x))};
      const auto params = kernels::dynamic_params(range, 0, k_.qmax);
      for (std::size_t row = first; row < first + together; ++row)
        for (double& x : all[row]) {
          const float q = std::nearbyint(float(x) / params.scale) + float(params.zero_point);
          x = double(std::clamp(q, 0.0f, float(k_.qmax)) - float(params.zero_point)) * params.scale;
        }
    }
  }

  double product(const Tensor& matrix, int64_t column, const std::vector<double>& row) const {
    const auto depth = static_cast<int64_t>(row.size());
    double sum = 0;
    for (int64_t i = 0; i < depth; ++i)
      sum += row[u(i)] * matrix.span<float>()[u((d_ * k_.gates() * k_.hidden + column) * depth + i)];
    return sum;
  }
  double bias(int64_t column) const {
    return k_.bias ? data_.b.span<float>()[u(d_ * 2 * k_.gates() * k_.hidden + column)] : 0;
  }
  double from_state(int64_t column, const std::vector<double>& state) const {
    return product(data_.r, column, state) + bias(k_.gates() * k_.hidden + column);
  }
  double peephole(int64_t gate, int64_t i) const {
    return k_.peepholes ? data_.p.span<float>()[u((d_ * 3 + gate) * k_.hidden + i)] : 0;
  }

  void run_step(int64_t step, const Tensor& y) {
    const int64_t n = k_.hidden;
    Rows state = h_, r = h_;
    round(state);
    const auto place = [&](int64_t b) {
      return k_.direction == "reverse" || d_ == 1 ? length(b) - 1 - step : step;
    };
    const auto from_x = [&](int64_t b, int64_t column) {
      return product(data_.w, column, x_[u(place(b) * k_.batch + b)]) + bias(column);
    };
    for (int64_t b = 0; b < k_.batch && k_.op == "GRU"; ++b)
      for (int64_t i = 0; i < n && step < length(b); ++i) {
        r[u(b)][u(i)] = sigmoid(clip(from_x(b, n + i) + from_state(n + i, state[u(b)])));
        reset_[u(b)][u(i)] = r[u(b)][u(i)] * h_[u(b)][u(i)];
      }
    Rows reset = reset_;
    round(reset);
    for (int64_t b = 0; b < k_.batch; ++b) {
      if (step >= length(b)) continue;
      std::vector<double> next(u(n));
      std::vector<double>& c = c_[u(b)];
      for (int64_t i = 0; i < n; ++i) {
        const auto sum = [&](int64_t gate) {
          return from_x(b, gate * n + i) + from_state(gate * n + i, state[u(b)]);
        };
        if (k_.op == "RNN") next[u(i)] = std::tanh(clip(sum(0)));
        if (k_.op == "GRU") {
          const double passed = k_.linear_before_reset ? r[u(b)][u(i)] * from_state(2 * n + i, state[u(b)])
                                                       : from_state(2 * n + i, reset[u(b)]);
          const double z = sigmoid(clip(sum(0)));
          next[u(i)] = (1 - z) * std::tanh(clip(from_x(b, 2 * n + i) + passed)) + z * h_[u(b)][u(i)];
        }
        if (k_.op == "LSTM") {
          double& cell = c[u(i)];
          const double in = sigmoid(clip(sum(0) + peephole(0, i) * cell));
          const double forget = k_.input_forget ? 1 - in : sigmoid(clip(sum(2) + peephole(2, i) * cell));
          cell = forget * cell + in * std::tanh(clip(sum(3)));
          next[u(i)] = sigmoid(clip(sum(1) + peephole(1, i) * cell)) * std::tanh(cell);
        }
      }
      h_[u(b)] = next;
      store(next, y, (place(b) * k_.directions() + d_) * k_.batch + b);
    }
  }

  const RecurrentCase& k_;
  const RecurrentData& data_;
  int64_t d_;
  Rows h_, c_, reset_, x_;
};

inline std::vector<Tensor> recurrent_reference(const RecurrentCase& k, const RecurrentData& data) {
  Tensor y(DType::f32, {k.steps, k.directions(), k.batch, k.hidden}), y_h(DType::f32, data.h.shape()),
      y_c(DType::f32, data.h.shape());
  for (float& e : y.span<float>()) e = 0;
  for (int64_t d = 0; d < k.directions(); ++d) RecurrentReference(k, data, d).run(y, y_h, y_c);
  std::vector<Tensor> all;
  for (Tensor* tensor : {&y, &y_h, &y_c}) all.push_back(std::move(*tensor));
  if (k.op != "LSTM") all.pop_back();
  return all;
}

}  // namespace octavo::test
