// STFT (float32): the Fourier transform of frames of a signal, each multiplied with a window. ONNX STFT-17.
#include "base/error.h"
#include "ops/fourier.h"
#include "ops/operands.h"

namespace octavo {

namespace {

constexpr AttrDef kAttributes[] = {{"onesided", AttrKind::integer}};

struct Frames {
  int64_t count, step, length;  // kDynamic: not known
};

Frames frames_of(std::span<const Operand> inputs) {
  const Shape& signal = *inputs[0].shape;
  const auto has = [&](std::size_t i) { return i < inputs.size() && inputs[i].shape; };
  Frames frames{kDynamic, known_int(inputs[1]).value_or(kDynamic), signal[1]};
  require(frames.step > 0 || inputs[1].known == nullptr, ErrorCode::invalid_graph, "frame_step is {}",
          frames.step);
  if (has(2)) {
    const Shape& window = *inputs[2].shape;
    require(window.rank() == 1, ErrorCode::invalid_graph, "window {} is no vector", window);
    frames.length = window[0];
  }
  if (has(3)) {
    const int64_t window = frames.length;
    frames.length = known_int(inputs[3]).value_or(kDynamic);
    require(frames.length > 0 || inputs[3].known == nullptr, ErrorCode::invalid_graph, "frame_length is {}",
            frames.length);
    require(!has(2) || window == frames.length || window == kDynamic || frames.length == kDynamic,
            ErrorCode::unsupported, "a window of {} for frames of {}", window, frames.length);
  }
  if (frames.length != kDynamic && frames.step != kDynamic && signal[1] != kDynamic)
    frames.count = signal[1] < frames.length ? 0 : (signal[1] - frames.length) / frames.step + 1;
  return frames;
}

void infer(InferContext& ctx) {
  require_dtype(ctx, 0, Types<float>{});
  if (ctx.has(2)) require_dtype(ctx, 2, Types<float>{});
  const Shape& signal = ctx.shape(0);
  require(signal.rank() == 3 && (signal[2] == 1 || signal[2] == 2 || signal[2] == kDynamic),
          ErrorCode::invalid_graph, "signal {} is not batches of numbers with one part or two", signal);
  const Frames frames = frames_of(ctx.inputs);
  int64_t bins = frames.length;
  if (bins > 0 && ctx.attrs().get_int("onesided", 1) != 0) bins = bins / 2 + 1;
  ctx.set(0, DType::f32, {signal[0], frames.count, bins, 2});
}

StepPlan plan(const PlanContext& ctx) {
  const Frames frames = frames_of(ctx.inputs);
  return {.state = PlanState(frames), .workspace = Fourier::scratch(frames.length)};
}

void run(RunContext& ctx) {
  const auto& frames = ctx.planned<Frames>();
  const TensorView &signal = ctx.inputs[0], &y = ctx.outputs[0];
  if (y.shape.elements() == 0) return;
  Scratch scratch(ctx.workspace);
  const Fourier fourier(frames.length, false, scratch);
  const float* const window = ctx.has(2) ? ctx.inputs[2].as<float>() : nullptr;
  const int64_t parts = signal.shape[2], bins = y.shape[2];
  float* to = y.as<float>();
  for (int64_t batch = 0; batch < signal.shape[0]; ++batch)
    for (int64_t frame = 0; frame < frames.count; ++frame) {
      const float* from = signal.as<float>() + (batch * signal.shape[1] + frame * frames.step) * parts;
      for (int64_t k = 0; k < frames.length; ++k, from += parts) {
        const double weight = window != nullptr ? window[k] : 1;
        fourier.input()[k] = {from[0] * weight, parts > 1 ? from[1] * weight : 0.0};
      }
      const Complex* const line = fourier.transform();
      for (int64_t k = 0; k < bins; ++k) {
        *to++ = static_cast<float>(line[k].re);
        *to++ = static_cast<float>(line[k].im);
      }
    }
}

OCTAVO_OPERATOR(stft, {.name = "STFT",
                       .since = 17,
                       .min_inputs = 2,
                       .max_inputs = 4,
                       .attributes = kAttributes,
                       .infer = infer,
                       .plan = plan,
                       .run = run,
                       .computes_f32 = true,
                       .shape_operands = 1 << 1 | 1 << 3});

}  // namespace

}  // namespace octavo
