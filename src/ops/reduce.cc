// Reductions along any axes, a line of the table each: float32 and float64, integers, and booleans for maximum and
// minimum. ONNX ReduceSum-13 and the -18 and -20 of the others, axes as an input.
#include <cmath>
#include <limits>
#include <utility>

#include "base/error.h"
#include "kernels/eltwise/unary.h"
#include "kernels/reduce/reduce.h"
#include "ops/elements.h"
#include "ops/operands.h"
#include "ops/scratch.h"

namespace octavo {

namespace {

enum class Fold : uint8_t { sum, magnitudes, squares, exponentials, product, max, min };

struct Reduction {
  std::string_view name;
  Fold fold;
  // What becomes of the fold of `count` elements, in float64; null where it is the result, also of integers.
  double (*finish)(double folded, double count) = nullptr;
  bool has_kernel = false;  // of float32
};

constexpr Reduction kAllReductions[] = {
    {"ReduceSum", Fold::sum, nullptr, true},
    {"ReduceMean", Fold::sum, [](double sum, double count) { return sum / count; }, true},
    {"ReduceMax", Fold::max},
    {"ReduceMin", Fold::min},
    {"ReduceProd", Fold::product},
    {"ReduceL1", Fold::magnitudes},
    {"ReduceL2", Fold::squares, [](double sum, double) { return std::sqrt(sum); }},
    {"ReduceSumSquare", Fold::squares},
    {"ReduceLogSum", Fold::sum, [](double sum, double) { return kernels::logarithm(sum); }},
    {"ReduceLogSumExp", Fold::exponentials, [](double sum, double) { return kernels::logarithm(sum); }},
};
constexpr auto kReductions = rows_of_build<kAllReductions>();

constexpr AttrDef kAttributes[] = {{"keepdims", AttrKind::integer},
                                   {"noop_with_empty_axes", AttrKind::integer}};

bool keeps_dims(const Attrs& attrs) { return attrs.get_int("keepdims", 1) != 0; }

// The axes to reduce. No axes mean all of them; nothing where the output is the input, by "noop_with_empty_axes".
std::optional<uint32_t> reduced_axes(const Attrs& attrs, const TensorView* axes, int rank) {
  if (axes != nullptr && axes->shape.elements() > 0) return axis_mask(*axes, rank);
  if (attrs.get_int("noop_with_empty_axes", 0) != 0) return std::nullopt;
  return static_cast<uint32_t>((uint64_t{1} << rank) - 1);
}

const Reduction& reduction_of(const Node& node);

bool is_extreme(Fold fold) { return fold == Fold::max || fold == Fold::min; }

void infer(InferContext& ctx) {
  const DType dtype = ctx.dtype(0);
  require(dtype != DType::boolean || is_extreme(reduction_of(ctx.node).fold), ErrorCode::unsupported,
          "{} takes numbers, not booleans", ctx.node.op->name);
  const Shape& x = ctx.shape(0);
  if (ctx.has(1) && ctx.inputs[1].known == nullptr) {
    const int64_t count = ctx.known_length(1);
    if (keeps_dims(ctx.attrs()))
      ctx.set(0, dtype, Shape(Dims(x.rank(), kDynamic)));
    else if (count > 0 && count <= x.rank())
      ctx.set(0, dtype, Shape(Dims(x.rank() - count, kDynamic)));
    else
      ctx.set_unknown(0, dtype);
    return;
  }
  const uint32_t reduced =
      reduced_axes(ctx.attrs(), ctx.has(1) ? &ctx.inputs[1].known->view() : nullptr, x.rank()).value_or(0);
  Shape y;
  for (int axis = 0; axis < x.rank(); ++axis) {
    if ((reduced >> axis & 1) == 0)
      y.dims.push_back(x[axis]);
    else if (keeps_dims(ctx.attrs()))
      y.dims.push_back(1);
  }
  ctx.set(0, dtype, y);
}

struct ReducePlan {
  const Reduction* reduction;
  kernels::StridedBox<2> box;  // of x, and of y or what it is folded in
  double count;                // elements of each fold
  bool is_noop, has_kernel;
};

// Elements that a fold is kept in; twice as many where it is by the maximum.
int64_t folds(Fold fold, int64_t outputs) { return fold == Fold::exponentials ? 2 * outputs : outputs; }

StepPlan plan(const PlanContext& ctx) {
  const Reduction& reduction = reduction_of(ctx.node);
  const Shape& x = ctx.shape(0);
  const auto axes = reduced_axes(ctx.attrs(), ctx.has(1) ? &ctx.known(1) : nullptr, x.rank());
  ReducePlan plan{&reduction, {}, 1, !axes, ctx.dtype(0) == DType::f32 && reduction.has_kernel};
  kernels::StridedBox<2>::Steps steps[kernels::kMaxRank] = {};
  int64_t x_step = static_cast<int64_t>(size_of(ctx.dtype(0)));
  int64_t y_step = plan.has_kernel ? sizeof(float) : sizeof(double);
  for (int axis = x.rank() - 1; axis >= 0; --axis) {
    const bool is_reduced = axes.value_or(0) >> axis & 1;
    steps[axis] = {x_step, is_reduced ? 0 : y_step};
    x_step *= x[axis];
    if (is_reduced)
      plan.count *= static_cast<double>(x[axis]);
    else
      y_step *= x[axis];
  }
  for (int axis = 0; axis < x.rank(); ++axis) plan.box.append(x[axis], steps[axis]);
  const bool folds_apart = !plan.has_kernel && !plan.is_noop;
  return {.state = PlanState(plan),
          .workspace =
              folds_apart ? scratch_bytes<double>(folds(reduction.fold, ctx.output_shape().elements())) : 0,
          .is_view = plan.is_noop};
}

// Folds n elements into one, or (step = 1) into n. Of exponentials, those of x less what stands behind the folds.
template <class Middle>
void fold_elements(Fold fold, const Middle* x, int64_t n, Middle* to, int64_t step, int64_t behind) {
  // Integers wrap around, which signed ones may not by themselves.
  using Wrapping = std::conditional_t<std::is_integral_v<Middle>, uint64_t, Middle>;
  const auto wrapped = [](Middle x) { return static_cast<Wrapping>(x); };
  const auto each = [&](auto f) {
    for (const Middle* end = x + n; x < end; ++x, to += step) *to = static_cast<Middle>(f(*to, *x));
  };
  switch (fold) {
    case Fold::sum: return each([&](Middle a, Middle b) { return wrapped(a) + wrapped(b); });
    case Fold::magnitudes:
      return each(
          [&](Middle a, Middle b) { return b < 0 ? wrapped(a) - wrapped(b) : wrapped(a) + wrapped(b); });
    case Fold::squares: return each([&](Middle a, Middle b) { return wrapped(a) + wrapped(b) * wrapped(b); });
    case Fold::product: return each([&](Middle a, Middle b) { return wrapped(a) * wrapped(b); });
    case Fold::max: return each([](Middle a, Middle b) { return b > a || b != b ? b : a; });
    case Fold::min: return each([](Middle a, Middle b) { return b < a || b != b ? b : a; });
    case Fold::exponentials:
      for (; n > 0; --n, ++x, to += step)
        *to += static_cast<Middle>(kernels::exponential(static_cast<double>(*x - to[behind])));
  }
}

// Integers wrap around; those of uint64 are compared with their highest bit turned over.
int64_t flip(DType dtype, Fold fold) {
  return dtype == DType::u64 && is_extreme(fold) ? std::numeric_limits<int64_t>::min() : 0;
}

template <class Middle>
void fold_all(const ReducePlan& plan, Fold fold, const TensorView& x, Middle* folded, int64_t outputs) {
  [[maybe_unused]] const int64_t bits = flip(x.dtype, fold);
  const auto size = static_cast<int64_t>(size_of(x.dtype));
  plan.box.for_each_row({x.data, reinterpret_cast<std::byte*>(folded)},
                        [&](const auto& at, int64_t n, const auto& steps) {
                          const int64_t start = (at[0] - x.data) / size, step = steps[1] == 0 ? 0 : 1;
                          Middle* const to = reinterpret_cast<Middle*>(at[1]);
                          Middle chunk[kChunk];
                          for (int64_t i = 0; i < n; i += kChunk) {
                            const int64_t count = std::min(kChunk, n - i);
                            load_elements(x, start + i, count, chunk);
                            if constexpr (std::is_integral_v<Middle>)
                              for (int64_t j = 0; j < count; ++j) chunk[j] ^= bits;
                            fold_elements(fold, chunk, count, to + i * step, step, outputs);
                          }
                        });
}

// The maximum of nothing, and the minimum, in the order of fold_all.
int64_t extreme(DType dtype, Fold fold) {
  const int64_t bits = dtype == DType::boolean ? 1 : 8 * static_cast<int64_t>(size_of(dtype));
  const bool is_unsigned =
      dtype == DType::boolean || dtype == DType::u8 || dtype == DType::u16 || dtype == DType::u32;
  const int64_t lowest = is_unsigned ? 0 : std::numeric_limits<int64_t>::min() >> (64 - bits);
  return fold == Fold::max ? lowest : is_unsigned ? (int64_t{1} << bits) - 1 : ~lowest;
}

void reduce_integers(const ReducePlan& plan, const TensorView& x, const TensorView& y, int64_t* folded) {
  const Fold fold = plan.reduction->fold;
  const int64_t outputs = y.shape.elements();
  std::fill_n(folded, outputs, is_extreme(fold) ? extreme(x.dtype, fold) : fold == Fold::product ? 1 : 0);
  fold_all(plan, fold, x, folded, outputs);
  const int64_t bits = flip(x.dtype, fold);
  for (int64_t i = 0; i < outputs; ++i) folded[i] ^= bits;
  store_elements(folded, y, 0, outputs);
}

void reduce_reals(const ReducePlan& plan, const TensorView& x, const TensorView& y, double* folded) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const Fold fold = plan.reduction->fold;
  const int64_t outputs = y.shape.elements();
  double* const maxima = folded + outputs;
  if (fold == Fold::exponentials) {
    std::fill_n(maxima, outputs, -kInfinity);
    fold_all(plan, Fold::max, x, maxima, outputs);
    for (int64_t i = 0; i < outputs; ++i)
      if (std::isinf(maxima[i])) maxima[i] = 0;
  }
  const double identity = fold == Fold::max   ? -kInfinity
                          : fold == Fold::min ? kInfinity
                                              : fold == Fold::product;
  std::fill_n(folded, outputs, identity);
  fold_all(plan, fold, x, folded, outputs);
  for (int64_t i = 0; i < outputs && plan.reduction->finish != nullptr; ++i) {
    folded[i] = plan.reduction->finish(folded[i], plan.count);
    if (fold == Fold::exponentials) folded[i] += maxima[i];
  }
  store_elements(folded, y, 0, outputs);
}

void run(RunContext& ctx) {
  const auto& plan = ctx.planned<ReducePlan>();
  const TensorView &x = ctx.inputs[0], &y = ctx.outputs[0];
  Scratch scratch(ctx.workspace);
  if (plan.is_noop)
    copy_input(ctx);
  else if (plan.has_kernel)
    kernels::mean_f32(plan.box, x.as<float>(), y.as<float>(), y.shape.elements(),
                      plan.reduction->finish != nullptr ? static_cast<float>(plan.count) : 1);
  else if (is_float(x.dtype) || plan.reduction->finish != nullptr)
    reduce_reals(plan, x, y, scratch.take<double>(0));
  else
    reduce_integers(plan, x, y, scratch.take<int64_t>(0));
}

bool permute(Graph& graph, Node& node, std::span<const int> permutation) {
  if (!keeps_dims(node.attrs)) return false;
  const bool all_or_none = !node.has_input(1);
  return all_or_none || permute_axes_input(graph, node, 1, 0, permutation);
}

constexpr auto kDefinitions = []<std::size_t... i>(std::index_sequence<i...>) {
  return std::array<OpDef, sizeof...(i)>{OpDef{.name = kReductions[i].name,
                                               .max_inputs = 2,
                                               .attributes = kAttributes,
                                               .infer = infer,
                                               .plan = plan,
                                               .run = run,
                                               .shape_operands = 1 << 1,
                                               .layout = LayoutRule::permutable,
                                               .permute = permute}...};
}(std::make_index_sequence<std::size(kReductions)>());

const Reduction& reduction_of(const Node& node) { return kReductions[node.op - kDefinitions.data()]; }

const RegisterOp registered(kDefinitions);

}  // namespace

}  // namespace octavo
