// HannWindow, HammingWindow, BlackmanWindow and MelWeightMatrix of any number type: tables for spectra. ONNX opset 17.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.h"
#include "kernels/eltwise/binary.h"
#include "kernels/eltwise/trigonometry.h"
#include "ops/elements.h"
#include "ops/operands.h"

namespace octavo {

namespace {

constexpr AttrDef kWindowAttributes[] = {{"output_datatype", AttrKind::integer},
                                         {"periodic", AttrKind::integer}};
constexpr AttrDef kMelAttributes[] = {{"output_datatype", AttrKind::integer}};

DType output_type(const Attrs& attrs) {
  const int64_t type = attrs.get_int("output_datatype", info_of(DType::f32).onnx);
  const auto dtype = dtype_of_onnx(type);
  require(dtype.has_value(), ErrorCode::unsupported, "output_datatype {} is not supported", type);
  return *dtype;
}

// The size that input i says, which is at least 0.
int64_t size_of_input(const InferContext& ctx, std::size_t i) {
  require_dtype(ctx, i, Types<int32_t, int64_t>{});
  const auto size = known_int(ctx.inputs[i]);
  require(!size || *size >= 0, ErrorCode::invalid_graph, "input {} is {}", i, size.value_or(0));
  return size.value_or(kDynamic);
}

// y[i] = a - b cos(2πi / n) + c cos(4πi / n), n = size for periodic windows, else size - 1.
struct Window {
  std::string_view name;
  double a, b, c;
};

constexpr Window kWindows[] = {{"HannWindow", 0.5, 0.5, 0},
                               {"HammingWindow", 25.0 / 46, 21.0 / 46, 0},
                               {"BlackmanWindow", 0.42, 0.5, 0.08}};

void infer_window(InferContext& ctx) { ctx.set(0, output_type(ctx.attrs()), {size_of_input(ctx, 0)}); }

struct WindowPlan {
  const Window* window;
  bool periodic;
};

StepPlan plan_window(const PlanContext& ctx) {
  const Window* const window = std::ranges::find(kWindows, ctx.node.op->name, &Window::name);
  return {.state = PlanState(WindowPlan{window, ctx.attrs().get_int("periodic", 1) != 0})};
}

void run_window(RunContext& ctx) {
  const auto& [window, periodic] = ctx.planned<WindowPlan>();
  const int64_t size = ctx.outputs[0].shape[0];
  const auto n = static_cast<double>(periodic ? size : size - 1);
  for (int64_t i = 0; i < size; ++i) {
    // A symmetric window of one element is its middle.
    const double angle = 2 * std::numbers::pi * (n > 0 ? static_cast<double>(i) / n : 0.5);
    const double y = window->a - window->b * kernels::cosine(angle) + window->c * kernels::cosine(2 * angle);
    store_elements(&y, ctx.outputs[0], i, 1);
  }
}

constexpr OpDef define_window(std::size_t i) {
  return {.name = kWindows[i].name,
          .since = 17,
          .attributes = kWindowAttributes,
          .infer = infer_window,
          .plan = plan_window,
          .run = run_window,
          .same_dtype = false,
          .shape_operands = 1 << 0};
}

OCTAVO_OPERATOR(hann_window, define_window(0));
OCTAVO_OPERATOR(hamming_window, define_window(1));
OCTAVO_OPERATOR(blackman_window, define_window(2));

// Inputs: the number of mel bins, the length of the transform, the sample rate, and the lowest and the highest
// frequency.
void infer_mel(InferContext& ctx) {
  const int64_t bins = size_of_input(ctx, 0), length = size_of_input(ctx, 1);
  require_dtype(ctx, 2, Types<int32_t, int64_t>{});
  for (std::size_t i = 2; i < 5; ++i)
    require(ctx.shape(i).rank() == 0 || ctx.shape(i) == Shape{1} || ctx.shape(i) == Shape{kDynamic},
            ErrorCode::invalid_graph, "input {} is not a number but {}", i, ctx.shape(i));
  ctx.set(0, output_type(ctx.attrs()), {length == kDynamic ? kDynamic : length / 2 + 1, bins});
}

StepPlan plan_mel(const PlanContext& ctx) { return {.state = PlanState(*known_int(ctx.inputs[1]))}; }

double number(const RunContext& ctx, std::size_t i) {
  double x = 0;
  require(ctx.inputs[i].shape.elements() == 1, ErrorCode::invalid_input, "input {} is not a number", i);
  load_elements(ctx.inputs[i], 0, 1, &x);
  return x;
}

// Triangles over the bins of a spectrum, whose corners are equally spaced in mel = 2595 log10(1 + hertz / 700).
void run_mel(RunContext& ctx) {
  const TensorView& y = ctx.outputs[0];
  const auto length = static_cast<double>(ctx.planned<int64_t>());
  const int64_t bins = y.shape[1], lines = y.shape[0];
  const auto mel = [](double hertz) { return 2595 * std::log10(1 + hertz / 700); };
  const double low = mel(number(ctx, 3)), step = (mel(number(ctx, 4)) - low) / static_cast<double>(bins + 2);
  const auto corner = [&](int64_t i) {
    const double hertz = 700 * (kernels::power(10, (static_cast<double>(i) * step + low) / 2595) - 1);
    const double line = std::floor((length + 1) * hertz / number(ctx, 2));
    require(line >= 0 && line < static_cast<double>(lines), ErrorCode::invalid_input,
            "a frequency is outside of the spectrum");
    return line;
  };
  for (int64_t bin = 0; bin < bins; ++bin) {
    const double first = corner(bin), middle = corner(bin + 1), end = corner(bin + 2);
    for (int64_t i = 0; i < lines; ++i) {
      const auto line = static_cast<double>(i);
      double weight = 0;
      if (line < middle && line >= first) weight = (line - first) / (middle - first);
      if (line == middle) weight = 1;
      if (line > middle && line < end) weight = (end - line) / (end - middle);
      store_elements(&weight, y, i * bins + bin, 1);
    }
  }
}

OCTAVO_OPERATOR(mel_weight_matrix, {.name = "MelWeightMatrix",
                                    .since = 17,
                                    .min_inputs = 5,
                                    .max_inputs = 5,
                                    .attributes = kMelAttributes,
                                    .infer = infer_mel,
                                    .plan = plan_mel,
                                    .run = run_mel,
                                    .same_dtype = false,
                                    .shape_operands = 1 << 0 | 1 << 1});

}  // namespace

}  // namespace octavo
