// MaxPool and GlobalMaxPool on float32, uint8 and int8. ONNX MaxPool-1 … MaxPool-12, GlobalMaxPool-1.
#include "base/error.h"
#include "ops/pool_layer.h"
#include "ops/window.h"

namespace octavo {

namespace {

constexpr auto kAttributes =
    joined(kWindowAttributes, {{"ceil_mode", AttrKind::integer}, {"storage_order", AttrKind::integer}});

using kernels::PoolGeometry;

using Poolable = Types<float, uint8_t, int8_t>;

void infer(InferContext& ctx) {
  require(Poolable::contains(ctx.dtype(0)), ErrorCode::unsupported,
          "MaxPool takes float32, uint8 and int8, not {}", dtype_name(ctx.dtype(0)));
  infer_pool(ctx, ctx.dtype(0));
  if (ctx.outputs.size() < 2) return;
  // Indices count elements of a channels-first tensor and are laid out as one.
  Shape indices = *ctx.outputs[0].shape;
  const ImageAxes axes(indices, ctx.node);
  if (axes.channels_last) {
    const int64_t channels = indices.dims.back();
    indices.dims.pop_back();
    indices.dims.insert(indices.dims.begin() + 1, channels);
  }
  ctx.set(1, DType::s64, indices);
}

void infer_global(InferContext& ctx) {
  require(Poolable::contains(ctx.dtype(0)), ErrorCode::unsupported,
          "GlobalMaxPool takes float32, uint8 and int8, not {}", dtype_name(ctx.dtype(0)));
  infer_global_pool(ctx, ctx.dtype(0));
}

struct MaxPoolPlan {
  PoolGeometry g;
  int64_t channels;
  bool column_major;  // indices count with the two innermost spatial axes swapped
};

// Whether element a is less than element b.
using Less = bool (*)(const std::byte* elements, int64_t a, int64_t b);
template <class T> bool is_less(const std::byte* elements, int64_t a, int64_t b) {
  const T* const x = reinterpret_cast<const T*>(elements);
  return x[a] < x[b];
}

// Where the (first) maximum of each window lies in the flattened channels-first input.
void find_indices(const MaxPoolPlan& plan, bool channels_last, const std::byte* in, Less less,
                  int64_t* indices) {
  const auto& [planes, channels, column_major] = plan;
  const auto& [a0, a1, a2] = planes.axes;
  const int64_t pixels = planes.input_pixels();
  if (channels == 0) return;
  const int64_t images = channels_last ? planes.n : planes.n / channels;
  const int64_t pixel_stride = channels_last ? channels : 1;
  for (int64_t plane = 0; plane < images * channels; ++plane) {
    const int64_t x =
        channels_last ? plane / channels * pixels * channels + plane % channels : plane * pixels;
    for (int64_t o = 0; o < planes.output_pixels(); ++o) {
      const kernels::PoolTaps t0(a0, o / (a1.out * a2.out)), t1(a1, o / a2.out % a1.out), t2(a2, o % a2.out);
      int64_t best = -1, index = 0;
      for (int64_t i = t0.first_tap; i < t0.end_tap; ++i)
        for (int64_t j = t1.first_tap; j < t1.end_tap; ++j)
          for (int64_t k = t2.first_tap; k < t2.end_tap; ++k) {
            const int64_t d = t0.start + i * a0.dilation, r = t1.start + j * a1.dilation,
                          c = t2.start + k * a2.dilation;
            const int64_t pixel = (d * a1.in + r) * a2.in + c;
            if (best >= 0 && !less(in, x + best * pixel_stride, x + pixel * pixel_stride)) continue;
            best = pixel;
            index = column_major ? (d * a2.in + c) * a1.in + r : pixel;
          }
      *indices++ = plane * pixels + index;
    }
  }
}

template <PoolGeometryOf geometry> StepPlan plan(const PlanContext& ctx) {
  const int64_t channels = ctx.shape(0)[ImageAxes(ctx.shape(0), ctx.node).channels()];
  return {.state =
              PlanState(MaxPoolPlan{geometry(ctx), channels, ctx.attrs().get_int("storage_order", 0) != 0})};
}

void run(RunContext& ctx) {
  const auto& plan = ctx.planned<MaxPoolPlan>();
  visit(Poolable{}, ctx.inputs[0].dtype, [&]<class T>(T) {
    const T* const in = ctx.inputs[0].as<T>();
    T* const out = ctx.outputs[0].as<T>();
    parallel_pool(ctx.kernels, plan.g, [&](const PoolPiece& piece) {
      kernels::max_pool(piece.g, in + piece.in, out + piece.out);
    });
    if (ctx.outputs.size() > 1 && ctx.outputs[1].present())
      find_indices(plan, ctx.node.lowered.channels_last, ctx.inputs[0].data, is_less<T>,
                   ctx.outputs[1].as<int64_t>());
  });
}

std::string obstacle(const Graph&, const Node& node) {
  const bool wants_indices = node.outputs.size() > 1 && node.outputs[1] != kNoValue;
  return wants_indices ? "its indices are used" : "";
}

OCTAVO_OPERATOR(max_pool,
                {.name = "MaxPool",
                 .max_outputs = 2,
                 .attributes = kAttributes,
                 .infer = infer,
                 .plan = plan<pool_geometry>,
                 .run = run,
                 .computes_f32 = true,
                 .layout = LayoutRule::channels_last,
                 .quant = {.inputs = kFirstIsActivation, .result = ResultRole::moved, .obstacle = obstacle}});

OCTAVO_OPERATOR(global_max_pool, {.name = "GlobalMaxPool",
                                  .infer = infer_global,
                                  .plan = plan<global_pool_geometry>,
                                  .run = run,
                                  .computes_f32 = true,
                                  .layout = LayoutRule::channels_last,
                                  .quant = kMovesElements});

}  // namespace

}  // namespace octavo
