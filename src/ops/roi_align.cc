// RoiAlign (float32): regions of images, averaged or their maxima taken bin by bin. ONNX RoiAlign-10 … RoiAlign-22.
#include <cmath>

#include "base/error.h"
#include "ops/operands.h"
#include "ops/parallel.h"

namespace octavo {

namespace {

constexpr AttrDef kAttributes[] = {{"coordinate_transformation_mode", AttrKind::string},
                                   {"mode", AttrKind::string},
                                   {"output_height", AttrKind::integer},
                                   {"output_width", AttrKind::integer},
                                   {"sampling_ratio", AttrKind::integer},
                                   {"spatial_scale", AttrKind::real}};

constexpr int64_t kMostSamples = 1024, kLargestOutput = 1 << 20;

struct RoiPlan {
  int64_t height, width;  // of the output
  int64_t samples;        // along each axis of a bin; 0: as many as the bin has pixels
  float scale;
  bool half_pixel, is_max;
};

RoiPlan read_plan(const Attrs& attrs) {
  RoiPlan plan{attrs.get_int("output_height", 1),
               attrs.get_int("output_width", 1),
               attrs.get_int("sampling_ratio", 0),
               attrs.get_float("spatial_scale", 1),
               choice(attrs, "coordinate_transformation_mode", {"half_pixel", "output_half_pixel"}) == 0,
               choice(attrs, "mode", {"avg", "max"}) == 1};
  for (int64_t size : {plan.height, plan.width})
    require(size >= 1 && size <= kLargestOutput, ErrorCode::invalid_graph, "an output size is {}", size);
  require(plan.samples >= 0 && plan.samples <= kMostSamples, ErrorCode::invalid_graph, "sampling_ratio is {}",
          plan.samples);
  return plan;
}

void infer(InferContext& ctx) {
  require_dtype(ctx, 0, Types<float>{});
  require_dtype(ctx, 1, Types<float>{});
  require_dtype(ctx, 2, Types<int64_t>{});
  const RoiPlan plan = read_plan(ctx.attrs());
  const Shape &x = ctx.shape(0), &rois = ctx.shape(1), &batch = ctx.shape(2);
  require(x.rank() == 4 && rois.rank() == 2 && (rois[1] == 4 || rois[1] == kDynamic) && batch.rank() == 1 &&
              (rois[0] == batch[0] || rois[0] == kDynamic || batch[0] == kDynamic),
          ErrorCode::invalid_graph, "images {}, regions {} and batch indices {} do not fit", x, rois, batch);
  ctx.set(0, DType::f32, Shape{rois[0] == kDynamic ? batch[0] : rois[0], x[1], plan.height, plan.width});
}

StepPlan plan(const PlanContext& ctx) { return {.state = PlanState(read_plan(ctx.attrs()))}; }

// The samples of one bin along one axis.
struct BinAxis {
  float start, step;   // of the samples
  int64_t count = 0;   // of all samples
  int64_t begin, end;  // those that may lie in the image
  int64_t size;        // of the image

  BinAxis(float first, float last, int64_t bins, int64_t bin, int64_t size, const RoiPlan& plan)
      : size(size) {
    const float offset = plan.half_pixel ? 0.5f : 0;
    const float low = first * plan.scale - offset;
    float extent = last * plan.scale - offset - low;
    if (!plan.half_pixel) extent = std::max(extent, 1.0f);
    const float bin_size = extent / static_cast<float>(bins);
    const float samples = plan.samples > 0 ? static_cast<float>(plan.samples) : std::ceil(bin_size);
    if (samples > 0) count = static_cast<int64_t>(std::min(samples, 0x1p30f));
    step = bin_size / static_cast<float>(std::max<int64_t>(count, 1));
    start = low + static_cast<float>(bin) * bin_size + 0.5f * step;
    begin = 0;
    end = count;
    if (count <= kMostSamples) return;
    // Samples are about a pixel apart: most of so many lie outside.
    const auto limit = [&](float at) {
      return static_cast<int64_t>(std::clamp((at - start) / step, -1.0f, 0x1p30f));
    };
    end = 0;
    if (!(step > 0) || !std::isfinite(step) || !std::isfinite(start)) return;
    begin = std::max<int64_t>(limit(-2), 0);
    end = std::min(limit(static_cast<float>(size) + 2), count);
  }

  // False outside of the image and a pixel around it; else the two elements next to the sample.
  bool find(int64_t i, int64_t (&index)[2], float (&weight)[2]) const {
    float at = start + static_cast<float>(i) * step;
    if (!(at >= -1 && at <= static_cast<float>(size)) || size == 0) return false;
    at = std::clamp(at, 0.0f, static_cast<float>(size - 1));
    index[0] = static_cast<int64_t>(at);
    index[1] = std::min(index[0] + 1, size - 1);
    weight[1] = at - static_cast<float>(index[0]);
    weight[0] = 1 - weight[1];
    return true;
  }
};

void run(RunContext& ctx) {
  const auto& plan = ctx.planned<RoiPlan>();
  const Shape& shape = ctx.inputs[0].shape;
  const int64_t images = shape[0], channels = shape[1], height = shape[2], width = shape[3];
  const int64_t* const batch = ctx.inputs[2].as<int64_t>();
  const int64_t regions = ctx.inputs[1].shape[0], bins = plan.height * plan.width;
  for (int64_t r = 0; r < regions; ++r)
    require(batch[r] >= 0 && batch[r] < images, ErrorCode::invalid_input, "batch index {} is outside of {}",
            batch[r], shape);
  parallel_elements(ctx.kernels, regions * bins, 16 * channels, [&](int64_t first, int64_t last) {
    for (int64_t bin = first; bin < last; ++bin) {
      const int64_t r = bin / bins, row = bin % bins / plan.width, column = bin % plan.width;
      const float* const roi = ctx.inputs[1].as<float>() + r * 4;
      const BinAxis y(roi[1], roi[3], plan.height, row, height, plan),
          x(roi[0], roi[2], plan.width, column, width, plan);
      float* const out = ctx.outputs[0].as<float>() + r * channels * bins + bin % bins;
      const float* const image = ctx.inputs[0].as<float>() + batch[r] * channels * height * width;
      for (int64_t c = 0; c < channels; ++c) out[c * bins] = 0;
      int64_t inside = 0;
      for (int64_t i = y.begin; i < y.end; ++i) {
        int64_t rows[2], columns[2];
        float row_weights[2], column_weights[2];
        if (!y.find(i, rows, row_weights)) continue;
        for (int64_t j = x.begin; j < x.end; ++j) {
          if (!x.find(j, columns, column_weights)) continue;
          for (int64_t c = 0; c < channels; ++c) {
            const float* const plane = image + c * height * width;
            float value = 0;
            for (int t = 0; t < 4; ++t) {
              const float term =
                  row_weights[t / 2] * column_weights[t % 2] * plane[rows[t / 2] * width + columns[t % 2]];
              // The maximum is that of the weighted corners of all samples, as ONNX's reference has it.
              value = !plan.is_max ? value + term : t == 0 ? term : std::max(value, term);
            }
            float& result = out[c * bins];
            result = !plan.is_max ? result + value : inside == 0 ? value : std::max(result, value);
          }
          ++inside;
        }
      }
      const int64_t all = y.count * x.count;
      for (int64_t c = 0; c < channels; ++c) {
        float& result = out[c * bins];
        if (!plan.is_max)
          result /= static_cast<float>(std::max<int64_t>(all, 1));
        else if (inside < all)
          result = std::max(result, 0.0f);
      }
    }
  });
}

OCTAVO_OPERATOR(roi_align, {.name = "RoiAlign",
                            .since = 10,
                            .min_inputs = 3,
                            .max_inputs = 3,
                            .attributes = kAttributes,
                            .infer = infer,
                            .plan = plan,
                            .run = run,
                            .computes_f32 = true});

}  // namespace

}  // namespace octavo
