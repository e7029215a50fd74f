// Pad of any dtype: constant, edge, reflect and wrap, with negative pads as crops. ONNX Pad-11 … Pad-21.
#include <algorithm>
#include <optional>

#include "base/error.h"
#include "kernels/transpose/transpose.h"
#include "ops/operands.h"

namespace octavo {

namespace {

constexpr AttrDef kAttributes[] = {{"mode", AttrKind::string}};

enum : std::size_t { kPads = 1, kValue = 2, kAxes = 3 };
enum class Mode : uint8_t { constant, edge, reflect, wrap };

Mode mode_of(const Attrs& attrs) {
  return static_cast<Mode>(choice(attrs, "mode", {"constant", "edge", "reflect", "wrap"}));
}

// An axis of the output: `before` new elements, `kept` ones of the input from `first` on, `after` new ones.
struct PaddedAxis {
  int64_t before = 0, first = 0, kept = 0, after = 0;
  int64_t size() const { return before + kept + after; }
};

PaddedAxis pad_axis(int64_t dim, int64_t begin, int64_t end) {
  constexpr int64_t kLimit = int64_t{1} << 40;
  require(std::max(std::abs(begin / 2), std::abs(end / 2)) < kLimit, ErrorCode::invalid_graph,
          "pads of {} and {} elements are too large", begin, end);
  PaddedAxis axis{std::max<int64_t>(begin, 0), std::max<int64_t>(-begin, 0), 0, std::max<int64_t>(end, 0)};
  axis.kept = dim - axis.first - std::max<int64_t>(-end, 0);
  require(axis.kept >= 0, ErrorCode::invalid_graph, "pads {} and {} cut more than the {} elements of an axis",
          begin, end, dim);
  return axis;
}

// Calls pad(axis, begin, end) for each axis that the node names.
template <class F> void for_each_pad(const TensorView& pads, const TensorView* axes, int rank, F&& pad) {
  const int64_t count = axes ? axes->shape.elements() : rank;
  require(pads.shape.elements() == 2 * count, ErrorCode::invalid_graph,
          "pads has shape {}, but {} axes need two numbers each", pads.shape, count);
  if (axes) axis_mask(*axes, rank);
  for (int64_t i = 0; i < count; ++i)
    pad(axes ? normalize_axis(int_at(*axes, i), rank) : static_cast<int>(i), int_at(pads, i),
        int_at(pads, count + i));
}

void infer(InferContext& ctx) {
  const Shape& x = ctx.shape(0);
  const Mode mode = mode_of(ctx.attrs());
  if (ctx.has(kValue)) {
    require_same_dtype(ctx, 0, kValue);
    require(!ctx.shape(kValue).is_static() || ctx.shape(kValue).elements() == 1, ErrorCode::invalid_graph,
            "the padding value must be one number, but has shape {}", ctx.shape(kValue));
  }
  const bool axes_known = !ctx.has(kAxes) || ctx.inputs[kAxes].known != nullptr;
  if (ctx.inputs[kPads].known == nullptr || !axes_known)
    return ctx.set(0, ctx.dtype(0), Shape(Dims(x.rank(), kDynamic)));
  Shape y = x;
  for_each_pad(ctx.inputs[kPads].known->view(), ctx.has(kAxes) ? &ctx.inputs[kAxes].known->view() : nullptr,
               x.rank(), [&](int axis, int64_t begin, int64_t end) {
                 if (x[axis] == kDynamic) {
                   if (begin != 0 || end != 0) y[axis] = kDynamic;
                   return;
                 }
                 const PaddedAxis padded = pad_axis(x[axis], begin, end);
                 require(mode == Mode::constant || padded.kept > 0 || padded.size() == 0,
                         ErrorCode::invalid_graph, "axis {} of shape {} has no elements to repeat", axis, x);
                 y[axis] = padded.size();
               });
  ctx.set(0, ctx.dtype(0), y);
}

// Which of n elements stands at position i of the axis that continues them on both sides; numpy.pad's modes.
int64_t source(Mode mode, int64_t i, int64_t n) {
  if (mode == Mode::edge) return std::clamp<int64_t>(i, 0, n - 1);
  if (n == 1) return 0;
  const int64_t period = mode == Mode::wrap ? n : 2 * (n - 1);
  i = (i % period + period) % period;
  return i < n ? i : period - i;
}

struct PaddedTensor {
  Mode mode;
  int rank;
  PaddedAxis axes[kernels::kMaxRank];
  int64_t in_step[kernels::kMaxRank], out_step[kernels::kMaxRank];  // bytes
};

StepPlan plan(const PlanContext& ctx) {
  const Shape& x = ctx.shape(0);
  PaddedTensor padded{mode_of(ctx.attrs()), x.rank(), {}, {}, {}};
  for (int axis = 0; axis < padded.rank; ++axis) padded.axes[axis] = pad_axis(x[axis], 0, 0);
  for_each_pad(
      ctx.known(kPads), ctx.has(kAxes) ? &ctx.known(kAxes) : nullptr, padded.rank,
      [&](int axis, int64_t begin, int64_t end) { padded.axes[axis] = pad_axis(x[axis], begin, end); });
  auto in = static_cast<int64_t>(size_of(ctx.dtype(0))), out = in;
  for (int axis = padded.rank - 1; axis >= 0; --axis) {
    padded.in_step[axis] = in;
    padded.out_step[axis] = out;
    in *= x[axis];
    out *= padded.axes[axis].size();
  }
  return {.state = PlanState(padded)};
}

// The elements that the input gives.
void copy_kept(const PaddedTensor& padded, const TensorView& x, const TensorView& y) {
  kernels::StridedBox<2> box;
  const std::byte* from = x.data;
  std::byte* to = y.data;
  for (int axis = 0; axis < padded.rank; ++axis) {
    from += padded.axes[axis].first * padded.in_step[axis];
    to += padded.axes[axis].before * padded.out_step[axis];
    box.append(padded.axes[axis].kept, {padded.in_step[axis], padded.out_step[axis]});
  }
  kernels::copy_strided(box, from, to, static_cast<int>(size_of(x.dtype)));
}

// Fills the borders from what is there already: innermost axis first, so that each border is a copy of whole slices of
// the axes within.
void repeat_kept(const PaddedTensor& padded, const TensorView& y) {
  std::byte* origin = y.data;
  for (int axis = 0; axis < padded.rank; ++axis) origin += padded.axes[axis].before * padded.out_step[axis];
  for (int axis = padded.rank - 1; axis >= 0; --axis) {
    const PaddedAxis& a = padded.axes[axis];
    const int64_t step = padded.out_step[axis];
    origin -= a.before * step;  // now at the start of this axis, and at what is kept of the outer ones
    kernels::StridedBox<2> slices;
    for (int outer = 0; outer < axis; ++outer)
      slices.append(padded.axes[outer].kept, {padded.out_step[outer], padded.out_step[outer]});
    slices.append(step, {1, 1});
    for (int64_t i = 0; i < a.size(); ++i) {
      if (i == a.before) i += a.kept;
      if (i < a.size())
        kernels::copy_strided(slices, origin + (a.before + source(padded.mode, i - a.before, a.kept)) * step,
                              origin + i * step, 1);
    }
  }
}

void run(RunContext& ctx) {
  const TensorView &x = ctx.inputs[0], &y = ctx.outputs[0];
  if (y.shape.elements() == 0) return;
  const auto& padded = ctx.planned<PaddedTensor>();
  if (padded.mode == Mode::constant) {
    const int64_t zero = 0;
    kernels::fill(y.data, y.shape.elements(),
                  ctx.has(kValue) ? ctx.inputs[kValue].data : static_cast<const void*>(&zero),
                  static_cast<int>(size_of(x.dtype)));
  }
  copy_kept(padded, x, y);
  if (padded.mode != Mode::constant) repeat_kept(padded, y);
}

bool permute(Graph& graph, Node& node, std::span<const int> permutation) {
  return permute_axes_input(graph, node, kAxes, static_cast<int64_t>(permutation.size()), permutation);
}

OCTAVO_OPERATOR(pad, {.name = "Pad",
                      .min_inputs = 2,
                      .max_inputs = 4,
                      .attributes = kAttributes,
                      .infer = infer,
                      .plan = plan,
                      .run = run,
                      .shape_operands = 1 << kPads | 1 << kAxes,
                      .layout = LayoutRule::permutable,
                      .permute = permute});

}  // namespace

}  // namespace octavo
