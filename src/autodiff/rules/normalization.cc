// Gradients of normalizations, softmax and its loss. With x^ = (x - mean) / deviation of what is normalized together
// and d = g · scale: dx = (d - mean(d) - x^ · mean(d · x^)) / deviation (Ioffe and Szegedy 2015; Ba et al. 2016).
#include "autodiff/rule.h"
#include "base/error.h"
#include "ops/operands.h"

namespace octavo {

namespace {

// Σ over all axes but that of channels.
ValueId by_channel(Backward& b, ValueId x) { return b.sum(x, all_axes_but(b.rank(x), 1)); }

// y = (x - mean) · f · scale + bias, f = 1 / √(variance + ε), where mean and variance may be computed of x.
void batch_normalization(Backward& b) {
  const int rank = b.rank(b.in(0));
  constexpr std::string_view kNames[] = {"", "s", "", "m", "v"};
  for (std::size_t i : {1, 3, 4}) {
    Dims dims(static_cast<uint64_t>(rank - 1), 1);
    dims[0] = b.shape(b.in(i))[0];
    b.bind(kNames[i], b.reshape(b.in(i), dims));
  }
  b.bind("f", b.formula("1 / Sqrt(v + $epsilon=0.00001)"));
  if (b.wants(0)) b.give(0, b.formula("g * (s * f)"));
  const ValueId scaled = by_channel(b, b.formula("g * ((x - m) * f)")), shifted = by_channel(b, b.gradient());
  b.give(1, scaled);
  b.give(2, shifted);
  if (!b.wants(3) && !b.wants(4)) return;
  b.bind("n", b.in(1));
  b.bind("k", scaled);
  b.bind("l", shifted);
  b.bind("d", b.reshape(b.formula("f"), b.shape(scaled)));
  b.give(3, b.formula("n = n * d; -(l * n)"));
  b.give(4, b.formula("-0.5 * (k * (n * d))"));
}

// Rows, which have one mean and one deviation; `axes` are those of a row.
void normalize_rows(Backward& b, bool centers) {
  if (b.wants(0) || b.wants(1)) b.bind("n", b.formula(centers ? "(x - m) * f" : "x * f"));
  if (b.wants(0)) {
    b.bind("d", b.formula("g * b"));
    b.give(0, b.formula(centers ? "f * (d - ReduceMean(d, axes) - n * ReduceMean(d * n, axes))"
                                : "f * (d - n * ReduceMean(d * n, axes))"));
  }
  if (b.wants(1)) b.give(1, b.formula("g * n"));
  if (b.wants(2)) b.give(2, b.gradient());
}

void bind_row_axes(Backward& b) {
  const Shape x = b.shape(b.in(0));
  std::vector<int64_t> axes;
  for (int axis = axis_or_last(b.attrs(), x); axis < x.rank(); ++axis) axes.push_back(axis);
  b.bind("axes", b.ints(axes));
}

void layer_normalization(Backward& b) {
  bind_row_axes(b);
  b.bind("m", b.out(1));
  b.bind("f", b.out(2));
  normalize_rows(b, true);
}

std::string statistics_obstacle(const Graph&, const Uses& uses, const Node& node) {
  for (std::size_t i = 1; i < node.outputs.size(); ++i)
    if (node.outputs[i] != kNoValue && !uses.consumers[node.outputs[i]].empty())
      return "its statistics are used";
  return "";
}

void rms_normalization(Backward& b) {
  bind_row_axes(b);
  b.bind("f", b.formula("1 / Sqrt(ReduceMean(x * x, axes) + $epsilon=0.00001)"));
  normalize_rows(b, false);
}

// The channels of a group, or of an instance each one, are a row; scales and biases are of a group or of a channel.
void normalize_groups(Backward& b) {
  const Shape x = b.shape(b.in(0));
  const int64_t channels = x[1], groups = b.attrs().get_int("num_groups", channels);
  b.bind("r", b.reshape(b.in(0), Shape{x[0] * groups, x.elements(1, x.rank()) / groups}));
  b.bind("axes", b.ints({1}));
  const ValueId rows =
      b.formula("c = r - ReduceMean(r, axes); c / Sqrt(ReduceMean(c * c, axes) + $epsilon=0.00001)");
  const auto spread = [&](std::size_t i) {
    const int64_t count = b.shape(b.in(i))[0];
    Dims dims(static_cast<uint64_t>(x.rank() - 1), 1);
    dims[0] = channels;
    return b.reshape(b.expand(b.reshape(b.in(i), Shape{count, 1}), Shape{count, channels / count}), dims);
  };
  const ValueId scaled = b.add("Mul", {b.reshape(rows, x), spread(1)});
  b.become(0, b.add("Add", {scaled, spread(2)}));
}

std::string group_obstacle(const Graph& graph, const Uses&, const Node& node) {
  return graph[node.inputs[0]].shape->elements() == 0 ? "its input has no elements" : "";
}

int64_t softmax_axis(const Backward& b) { return axis_or_last(b.attrs(), b.shape(b.in(0))); }

// dx = y · (g - Σ g · y)
void softmax(Backward& b) {
  b.bind("axes", b.ints({softmax_axis(b)}));
  b.give(0, b.formula("p = g * y; p - y * ReduceSum(p, axes)"));
}

// dx = g - exp(y) · Σ g
void log_softmax(Backward& b) {
  b.bind("axes", b.ints({softmax_axis(b)}));
  b.give(0, b.formula("g - Exp(y) * ReduceSum(g, axes)"));
}

// y = -x[n, target, …] · weight[target], one each, summed or averaged.
void negative_log_likelihood_loss(Backward& b) {
  const Shape x = b.shape(b.in(0));
  const std::string_view reduction = b.attrs().get_string("reduction", "mean");
  Dims one = b.shape(b.in(1)).dims, channels(static_cast<uint64_t>(x.rank() - 1), 1);
  one.insert(one.begin() + 1, 1);
  channels[0] = x[1];
  const bool is_s32 = b.dtype(b.in(1)) == DType::s32;
  const auto integers = [&](int64_t first, int64_t count, const Dims& dims) {
    Tensor tensor(is_s32 ? DType::s32 : DType::s64, Shape(dims));
    for (int64_t i = 0; i < count; ++i) {
      if (is_s32)
        tensor.span<int32_t>()[i] = static_cast<int32_t>(first + i);
      else
        tensor.span<int64_t>()[i] = first + i;
    }
    return b.constant(std::move(tensor));
  };
  const ValueId target = b.reshape(b.in(1), one);
  ValueId hit = b.add("Equal", {target, integers(0, x[1], channels)});
  if (b.attrs().has("ignore_index")) {
    const ValueId ignored = integers(b.attrs().get_int("ignore_index", 0), 1, {});
    hit = b.add("And", {hit, b.add("Not", {b.add("Equal", {target, ignored})})});
  }
  const ValueId weights = b.has(2) ? b.reshape(b.in(2), channels) : b.number(1);
  const ValueId each = b.add("Where", {hit, weights, b.number(0)});
  ValueId g = b.gradient();
  if (reduction == "none") g = b.reshape(g, one);
  if (reduction == "mean") g = b.add("Div", {g, b.fit(each, {})});
  b.give(0, b.add("Neg", {b.add("Mul", {each, g})}));
}

constexpr GradientRule kRules[] = {
    {.op = "BatchNormalization", .differentiate = batch_normalization},
    {.op = "LayerNormalization", .differentiate = layer_normalization, .obstacle = statistics_obstacle},
    {.op = "RMSNormalization", .differentiate = rms_normalization},
    {.op = "InstanceNormalization", .obstacle = group_obstacle, .spell = normalize_groups},
    {.op = "GroupNormalization", .obstacle = group_obstacle, .spell = normalize_groups},
    {.op = "Softmax", .differentiate = softmax},
    {.op = "LogSoftmax", .differentiate = log_softmax},
    {.op = "NegativeLogLikelihoodLoss", .differentiate = negative_log_likelihood_loss, .stops = 1 << 2},
};

}  // namespace

const GradientRules kNormalizationRules = kRules;

}  // namespace octavo
