#include "ops/recurrent_activation.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"

namespace octavo {

namespace {

using kernels::UnaryParams;

// Functions that hardly any network has, one element at a time.
template <double (*f)(double x, UnaryParams params)>
void each(const float* x, float* y, int64_t n, UnaryParams params) {
  for (int64_t i = 0; i < n; ++i) y[i] = static_cast<float>(f(x[i], params));
}

double affine(double x, UnaryParams p) { return x * p.alpha + p.beta; }
double thresholded_relu(double x, UnaryParams p) { return x <= p.alpha ? 0 : x; }
double scaled_tanh(double x, UnaryParams p) { return p.alpha * std::tanh(p.beta * x); }
double softsign(double x, UnaryParams) { return x / (1 + std::fabs(x)); }

// `parameters`: how many of alpha and beta the function has, which is how many it takes from the lists of the
// attributes. Defaults are those of the ONNX operators of these names, and 1 and 0 or 1 where there is none.
constexpr struct Row {
  std::string_view name;
  kernels::UnaryKernel kernel;
  int parameters = 0;
  UnaryParams defaults = {};
} kRows[] = {
    {"sigmoid", kernels::sigmoid_f32},
    {"tanh", kernels::tanh_f32},
    {"relu", kernels::relu_f32},
    {"hardsigmoid", kernels::hard_sigmoid_f32, 2, {0.2f, 0.5f}},
    {"affine", each<affine>, 2, {1, 0}},
    {"leakyrelu", kernels::leaky_relu_f32, 1, {0.01f, 0}},
    {"thresholdedrelu", each<thresholded_relu>, 1, {1, 0}},
    {"scaledtanh", each<scaled_tanh>, 2, {1, 1}},
    {"elu", kernels::elu_f32, 1, {1, 0}},
    {"softsign", each<softsign>},
    {"softplus", kernels::softplus_f32},
};

// Names differ by nothing but capitals: files of older converters have them in lower case.
bool is_name(std::string_view lower, std::string_view name) {
  return std::ranges::equal(lower, name,
                            [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? b + 32 : b); });
}

std::span<const std::string> names_of(const Attrs& attrs) {
  for (const auto& [name, value] : attrs)
    if (const auto* strings = std::get_if<std::vector<std::string>>(&value); strings && name == "activations")
      return *strings;
  return {};
}

}  // namespace

void RecurrentActivations::apply(const RecurrentActivation& f, float* x, int64_t n) const {
  if (clip < std::numeric_limits<float>::infinity()) kernels::clip(x, x, n, -clip, clip);
  f.kernel(x, x, n, f.params);
}

RecurrentActivations read_activations(const Attrs& attrs, std::span<const std::string_view> defaults,
                                      int directions) {
  RecurrentActivations out{};
  out.clip = attrs.get_float("clip", std::numeric_limits<float>::infinity());
  require(out.clip >= 0, ErrorCode::invalid_graph, "clip is negative");
  const std::span<const std::string> names = names_of(attrs);
  const auto alpha = attrs.get_floats("activation_alpha"), beta = attrs.get_floats("activation_beta");
  const std::size_t count = defaults.size();
  require(names.empty() || names.size() == count * static_cast<std::size_t>(directions),
          ErrorCode::invalid_graph, "has {} activations instead of {} a direction", names.size(), count);
  std::size_t alphas = 0, betas = 0;
  for (int d = 0; d < directions; ++d)
    for (std::size_t i = 0; i < count; ++i) {
      const std::string_view name =
          names.empty() ? defaults[i] : names[static_cast<std::size_t>(d) * count + i];
      const auto row = std::ranges::find_if(kRows, [&](const Row& r) { return is_name(r.name, name); });
      require(row != std::end(kRows), ErrorCode::unsupported, "the activation '{}' is not supported", name);
      UnaryParams params = row->defaults;
      if (row->parameters > 0 && alphas < alpha.size()) params.alpha = alpha[alphas++];
      if (row->parameters > 1 && betas < beta.size()) params.beta = beta[betas++];
      out.functions[d][i] = {row->kernel, params};
    }
  return out;
}

}  // namespace octavo
