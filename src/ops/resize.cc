// Resize: nearest of any dtype, linear and cubic of float32 and, through float32, of integers, along any axes. Integers
// are cut off, as a Cast does it, and rounded where they stand for float32. ONNX Resize-10 … Resize-19, and Upsample.
#include <cmath>

#include "base/error.h"
#include "kernels/quantize/quantize.h"
#include "ops/elements.h"
#include "ops/operands.h"
#include "ops/parallel.h"
#include "ops/resampling.h"
#include "ops/scratch.h"

namespace octavo {

namespace {

enum : std::size_t { kRoi = 1, kScales = 2, kSizes = 3 };

constexpr AttrDef kAttributes[] = {{"antialias", AttrKind::integer},
                                   {"axes", AttrKind::integers},
                                   {"coordinate_transformation_mode", AttrKind::string},
                                   {"cubic_coeff_a", AttrKind::real},
                                   {"exclude_outside", AttrKind::integer},
                                   {"extrapolation_value", AttrKind::real},
                                   {"keep_aspect_ratio_policy", AttrKind::string},
                                   {"mode", AttrKind::string},
                                   {"nearest_mode", AttrKind::string}};

// What happens along each axis. Unknown sizes are kDynamic.
struct Scaling {
  int64_t out[kernels::kMaxRank];
  double scale
      [kernels::kMaxRank];  // from the length of the input to that of the output, which it need not round to
  int position[kernels::kMaxRank];  // in the list of axes, or -1
  int listed;
};

bool is_given(std::span<const Operand> inputs, std::size_t i) {
  return i < inputs.size() && inputs[i].shape &&
         !(inputs[i].shape->rank() == 1 && (*inputs[i].shape)[0] == 0);
}

int64_t to_size(double size) {
  require(size >= 0 && size < double{1 << 30} * 2, ErrorCode::invalid_graph,
          "a resized length is out of range");
  return static_cast<int64_t>(size);
}

// All sizes from one scale: the smallest or the largest of those that the given ones ask for.
void keep_aspect_ratio(Scaling& s, const Shape& x, bool is_larger) {
  double scale = is_larger ? 0 : HUGE_VAL;
  bool is_known = true;
  for (int axis = 0; axis < x.rank(); ++axis) {
    if (s.position[axis] < 0) continue;
    is_known &= s.out[axis] != kDynamic && x[axis] != kDynamic;
    scale = is_larger ? std::max(s.scale[axis], scale) : std::min(s.scale[axis], scale);
  }
  for (int axis = 0; axis < x.rank(); ++axis) {
    if (s.position[axis] < 0) continue;
    s.scale[axis] = scale;
    s.out[axis] = is_known ? to_size(std::floor(scale * static_cast<double>(x[axis]) + 0.5)) : kDynamic;
  }
}

Scaling scaling_of(const Attrs& attrs, std::span<const Operand> inputs) {
  const Shape& x = *inputs[0].shape;
  Scaling s;
  for (int axis = 0; axis < x.rank(); ++axis) {
    s.out[axis] = x[axis];
    s.scale[axis] = 1;
    s.position[axis] = -1;
  }
  const bool has_sizes = is_given(inputs, kSizes);
  // Beside sizes scales may be a list that turns out to have no elements.
  const bool may_be_empty = has_sizes && is_given(inputs, kScales) && !inputs[kScales].shape->is_static();
  require(has_sizes != is_given(inputs, kScales) || may_be_empty, ErrorCode::invalid_graph,
          "scales or sizes, and not both, say how to resize");
  const Operand& given = inputs[has_sizes ? kSizes : kScales];
  const std::span<const int64_t> axes = attrs.get_ints("axes");
  s.listed = attrs.has("axes") ? static_cast<int>(axes.size()) : x.rank();
  require(given.shape->rank() == 1 && s.listed <= x.rank() &&
              ((*given.shape)[0] == s.listed || (*given.shape)[0] == kDynamic),
          ErrorCode::invalid_graph, "scales or sizes {} do not fit {} axes of {}", *given.shape, s.listed, x);
  const TensorView* const values = given.known ? &given.known->view() : nullptr;
  for (int i = 0; i < s.listed; ++i) {
    const int axis = attrs.has("axes") ? normalize_axis(axes[i], x.rank()) : i;
    require(s.position[axis] < 0, ErrorCode::invalid_graph, "axis {} is named twice", axis);
    s.position[axis] = i;
    s.out[axis] = kDynamic;
    if (values == nullptr) continue;
    if (has_sizes) {
      s.out[axis] = to_size(static_cast<double>(int_at(*values, i)));
      require(x[axis] != 0 || s.out[axis] == 0, ErrorCode::invalid_graph, "nothing is resized to {}",
              s.out[axis]);
      s.scale[axis] = static_cast<double>(s.out[axis]) / static_cast<double>(std::max<int64_t>(x[axis], 1));
    } else {
      const float scale = values->as<float>()[i];
      require(scale > 0 && scale <= 0x1p31f, ErrorCode::invalid_graph, "the scale of axis {} is out of range",
              axis);
      s.scale[axis] = scale;
      if (x[axis] != kDynamic) s.out[axis] = to_size(std::floor(scale * static_cast<float>(x[axis])));
    }
  }
  const int policy = choice(attrs, "keep_aspect_ratio_policy", {"stretch", "not_larger", "not_smaller"});
  if (has_sizes && policy > 0) keep_aspect_ratio(s, x, policy == 2);
  return s;
}

Sampling sampling_of(const Attrs& attrs) {
  Sampling s;
  s.mode = static_cast<Sampling::Mode>(choice(attrs, "mode", {"nearest", "linear", "cubic"}));
  s.coordinates =
      static_cast<Sampling::Coordinates>(choice(attrs, "coordinate_transformation_mode",
                                                {"half_pixel", "half_pixel_symmetric", "pytorch_half_pixel",
                                                 "align_corners", "asymmetric", "tf_crop_and_resize"}));
  s.rounding = static_cast<Sampling::Rounding>(
      choice(attrs, "nearest_mode", {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"}));
  s.cubic_a = attrs.get_float("cubic_coeff_a", -0.75f);
  s.antialias = attrs.get_int("antialias", 0) != 0;
  s.exclude_outside = attrs.get_int("exclude_outside", 0) != 0;
  return s;
}

void infer(InferContext& ctx) {
  const Sampling sampling = sampling_of(ctx.attrs());
  if (sampling.mode != Sampling::Mode::nearest) require_kind(ctx, 0, kNumber);
  if (is_given(ctx.inputs, kScales)) require_dtype(ctx, kScales, Types<float>{});
  const Scaling scaling = scaling_of(ctx.attrs(), ctx.inputs);
  if (sampling.coordinates == Sampling::Coordinates::crop) {
    require(is_given(ctx.inputs, kRoi), ErrorCode::invalid_graph, "tf_crop_and_resize without a region");
    require_dtype(ctx, kRoi, Types<float>{});
    const int64_t bounds = ctx.known_length(kRoi);
    require(bounds == kDynamic || bounds == 2 * scaling.listed, ErrorCode::invalid_graph,
            "the region has {} bounds where {} are needed", bounds, 2 * scaling.listed);
  }
  Shape y = ctx.shape(0);
  for (int axis = 0; axis < y.rank(); ++axis) y[axis] = scaling.out[axis];
  ctx.set(0, ctx.dtype(0), y);
}

// One axis is resampled after the other, in blocks of what lies behind the first of these axes.
struct ResizePlan {
  Sampling sampling;
  int count = 0;
  ResampledLength lengths[kernels::kMaxRank];
  kernels::ResampledAxis passes[kernels::kMaxRank];
  int64_t rows[kernels::kMaxRank];  // of a block behind the pass
  int position[kernels::kMaxRank];  // among the bounds of the region
  int listed;
  int64_t blocks = 1, block_in = 1, block_out = 1,
          between = 0;                          // elements of a block, between passes at most
  bool by_block = false;                        // a thread takes whole blocks
  int64_t converted_in = 0, converted_out = 0;  // elements, where integers are interpolated
  alignas(8) std::byte outside[8] = {};
};

StepPlan plan(const PlanContext& ctx) {
  const Shape& x = ctx.shape(0);
  const Scaling scaling = scaling_of(ctx.attrs(), ctx.inputs);
  ResizePlan plan;
  plan.sampling = sampling_of(ctx.attrs());
  plan.listed = scaling.listed;
  int order[kernels::kMaxRank], first = x.rank();
  const auto growth = [&](int axis) {
    return double(scaling.out[axis]) / double(std::max<int64_t>(x[axis], 1));
  };
  for (int axis = x.rank() - 1; axis >= 0; --axis) {
    const bool is_crop =
        plan.sampling.coordinates == Sampling::Coordinates::crop && scaling.position[axis] >= 0;
    if (scaling.scale[axis] == 1 && scaling.out[axis] == x[axis] && !is_crop) continue;
    first = axis;
    // Axes that grow least come first, of equal ones the innermost.
    int at = plan.count++;
    for (; at > 0 && growth(order[at - 1]) > growth(axis); --at) order[at] = order[at - 1];
    order[at] = axis;
  }
  if (plan.count == 0) return {.state = PlanState(plan), .is_view = true};

  Shape shape = x;
  plan.blocks = x.elements(0, first);
  plan.block_in = x.elements(first, x.rank());
  uint64_t tables = 0;
  for (int i = 0; i < plan.count; ++i) {
    const int axis = order[i];
    plan.position[i] = scaling.position[axis];
    plan.lengths[i] = {x[axis], scaling.out[axis], scaling.scale[axis]};
    auto& pass = plan.passes[i];
    pass.in = x[axis];
    pass.out = shape[axis] = scaling.out[axis];
    pass.inner = shape.elements(axis + 1, shape.rank());
    pass.taps = taps_of(plan.sampling, scaling.scale[axis]);
    plan.rows[i] = shape.elements(first, axis + 1);
    plan.block_out = shape.elements(first, shape.rank());
    if (i + 1 < plan.count) plan.between = std::max(plan.between, plan.block_out);
    const auto taps = static_cast<uint64_t>(pass.out * pass.taps);
    tables += scratch_bytes<int32_t>(taps) + scratch_bytes<float>(taps);
  }
  const bool converts = plan.sampling.mode != Sampling::Mode::nearest && ctx.dtype(0) != DType::f32;
  const DType dtype = converts ? DType::f32 : ctx.dtype(0);
  if (converts) {
    plan.converted_in = x.elements();
    plan.converted_out = shape.elements();
  }
  const int threads = ctx.kernels.threads.count();
  plan.by_block = plan.blocks >= threads;
  const double outside = ctx.attrs().get_float("extrapolation_value", 0);
  store_elements(&outside, TensorView{dtype, Shape{1}, plan.outside}, 0, 1);
  const auto between = scratch_bytes<std::byte>(
      static_cast<uint64_t>(plan.between * (plan.by_block ? 1 : plan.blocks)) * size_of(dtype));
  return {.state = PlanState(plan),
          .workspace = tables + scratch_bytes<float>(plan.converted_in) +
                       scratch_bytes<float>(plan.converted_out) +
                       2 * between * static_cast<uint64_t>(plan.by_block ? threads : 1)};
}

void load_floats(const KernelPolicy& policy, const TensorView& x, float* out) {
  parallel_elements(policy, x.shape.elements(), 1, [&](int64_t begin, int64_t end) {
    if (x.dtype == DType::u8)
      return kernels::dequantize(x.as<uint8_t>() + begin, end - begin, 1, 0, out + begin);
    map_elements<double>(x, {DType::f32, x.shape, reinterpret_cast<std::byte*>(out)}, begin, end,
                         [](auto...) {});
  });
}

void store_floats(const RunContext& ctx, float* from) {
  const TensorView& y = ctx.outputs[0];
  // Those of 8 bits that stand for float32 are unsigned.
  const bool rounds = !ctx.node.lowered.output_qparams.scale.empty();
  parallel_elements(ctx.kernels, y.shape.elements(), 1, [&](int64_t begin, int64_t end) {
    if (rounds) return kernels::quantize(from + begin, end - begin, {1, 0, 0, 255}, y.as<uint8_t>() + begin);
    const TensorView floats{DType::f32, y.shape, reinterpret_cast<std::byte*>(from)};
    map_elements<double>(floats, y, begin, end, [](auto...) {});
  });
}

void run(RunContext& ctx) {
  const auto& plan = ctx.planned<ResizePlan>();
  if (plan.count == 0) return copy_input(ctx);  // of an initializer, which no step may take over
  const bool converts = plan.converted_in > 0;
  const int size = converts ? sizeof(float) : static_cast<int>(size_of(ctx.inputs[0].dtype));
  const bool is_nearest = plan.sampling.mode == Sampling::Mode::nearest;
  Scratch scratch(ctx.workspace);
  const std::byte* given = ctx.inputs[0].data;
  std::byte* result = ctx.outputs[0].data;
  if (converts) {
    float* const floats = scratch.take<float>(plan.converted_in);
    load_floats(ctx.kernels, ctx.inputs[0], floats);
    given = reinterpret_cast<const std::byte*>(floats);
    result = scratch.take<std::byte>(plan.converted_out * sizeof(float));
  }
  kernels::ResampledAxis passes[kernels::kMaxRank];
  for (int i = 0; i < plan.count; ++i) {
    auto& pass = passes[i] = plan.passes[i];
    ResampledLength length = plan.lengths[i];
    if (plan.sampling.coordinates == Sampling::Coordinates::crop && plan.position[i] >= 0) {
      length.start = ctx.inputs[kRoi].as<float>()[plan.position[i]];
      length.end = ctx.inputs[kRoi].as<float>()[plan.listed + plan.position[i]];
    }
    const auto taps = static_cast<uint64_t>(pass.out * pass.taps);
    int32_t* const index = scratch.take<int32_t>(taps);
    float* const weight = scratch.take<float>(taps);
    make_taps(plan.sampling, length, index, weight);
    pass.index = index;
    pass.weight = weight;
    pass.outside = plan.outside;
  }
  const auto compute = [&](int i, const std::byte* in, std::byte* out, int64_t begin, int64_t end) {
    if (is_nearest)
      kernels::pick(passes[i], in, out, size, begin, end);
    else
      kernels::interpolate(passes[i], reinterpret_cast<const float*>(in), reinterpret_cast<float*>(out),
                           begin, end);
  };
  const uint64_t between =
      align_up(static_cast<uint64_t>(plan.between * (plan.by_block ? 1 : plan.blocks)) * size);
  std::byte* const memory = scratch.take<std::byte>(0);
  // Calls pass(number, in, out) for each pass of some blocks, which lie in memory of a thread in between.
  const auto chain = [&](int64_t block, int thread, const auto& pass) {
    const std::byte* in = given + block * plan.block_in * size;
    for (int i = 0; i < plan.count; ++i) {
      std::byte* const out = i + 1 == plan.count
                                 ? result + block * plan.block_out * size
                                 : memory + between * static_cast<uint64_t>(2 * thread + i % 2);
      pass(i, in, out);
      in = out;
    }
  };
  if (plan.by_block)
    parallel_for(ctx.kernels.threads, plan.blocks, divide_steps(plan.block_out),
                 [&](int64_t begin, int64_t end, int thread) {
                   for (; begin < end; ++begin)
                     chain(begin, thread, [&](int i, const std::byte* in, std::byte* out) {
                       compute(i, in, out, 0, plan.rows[i]);
                     });
                 });
  else
    chain(0, 0, [&](int i, const std::byte* in, std::byte* out) {
      parallel_elements(ctx.kernels, plan.rows[i] * plan.blocks, passes[i].inner * passes[i].taps,
                        [&](int64_t begin, int64_t end) { compute(i, in, out, begin, end); });
    });
  if (converts) store_floats(ctx, reinterpret_cast<float*>(result));
}

std::string obstacle(const Graph&, const Node& node) {
  // A mean of integers is that of what they stand for, and within their range.
  const Sampling sampling = sampling_of(node.attrs);
  const bool stays =
      sampling.mode != Sampling::Mode::cubic && sampling.coordinates != Sampling::Coordinates::crop;
  return stays ? "" : "it extrapolates";
}

// Scales, sizes and the region are given by axis, in the order of the attribute "axes".
bool permute(Graph&, Node& node, std::span<const int> permutation) {
  const auto rank = static_cast<int>(permutation.size());
  const std::span<const int64_t> listed = node.attrs.get_ints("axes");
  std::vector<int64_t> axes(listed.begin(), listed.end());
  if (!node.attrs.has("axes"))
    for (int axis = 0; axis < rank; ++axis) axes.push_back(axis);
  for (int64_t& axis : axes)
    axis = std::ranges::find(permutation, normalize_axis(axis, rank)) - permutation.begin();
  node.attrs.set("axes", axes);
  return true;
}

OCTAVO_OPERATOR(resize,
                {.name = "Resize",
                 .since = 10,
                 .min_inputs = 1,
                 .max_inputs = 4,
                 .attributes = kAttributes,
                 .infer = infer,
                 .plan = plan,
                 .run = run,
                 .computes_f32 = true,
                 .shape_operands = 1 << kScales | 1 << kSizes,
                 .layout = LayoutRule::permutable,
                 .permute = permute,
                 .quant = {.inputs = kFirstIsActivation, .result = ResultRole::moved, .obstacle = obstacle}});

}  // namespace

}  // namespace octavo
