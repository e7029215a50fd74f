// Gradients of attention, which is spelt out in products and a softmax (ONNX Attention-23):
// Y = softmax(scale · Q · Kᵀ + mask) · V, by heads.
#include <cmath>
#include <limits>

#include "autodiff/rule.h"

namespace octavo {

namespace {

enum Input : std::size_t { kQ, kK, kV, kMask, kPastKey, kPastValue, kLengths };

int64_t heads_of(const Shape& x, const Attrs& attrs, Name count) {
  return x.rank() == 4 ? x[1] : attrs.get_int(count, 1);
}

// Input i as [batch, heads, length, size].
ValueId by_heads(Backward& b, std::size_t i, Name count) {
  const Shape x = b.shape(b.in(i));
  if (x.rank() == 4) return b.in(i);
  const int64_t heads = heads_of(x, b.attrs(), count);
  return b.swap_axes(b.reshape(b.in(i), Shape{x[0], x[1], heads, x[2] / heads}), 1, 2);
}

// Several heads of Q share one of K and V: each as many times as there are heads.
ValueId repeated(Backward& b, ValueId x, int64_t heads) {
  const Shape s = b.shape(x);
  const int64_t times = heads / s[1];
  const ValueId each =
      b.expand(b.reshape(x, Shape{s[0], s[1], 1, s[2], s[3]}), {s[0], s[1], times, s[2], s[3]});
  return b.reshape(each, Shape{s[0], heads, s[2], s[3]});
}

void attention(Backward& b) {
  const ValueId q = by_heads(b, kQ, "q_num_heads");
  const Shape queries = b.shape(q);
  const ValueId k = repeated(b, by_heads(b, kK, "kv_num_heads"), queries[1]);
  const ValueId v = repeated(b, by_heads(b, kV, "kv_num_heads"), queries[1]);
  const auto size = static_cast<double>(queries[3]);
  const double scale =
      static_cast<double>(b.attrs().get_float("scale", static_cast<float>(1 / std::sqrt(size))));
  ValueId scores = b.add("MatMul", {b.add("Mul", {q, b.number(scale)}), b.swap_axes(k, 2, 3)});
  const ValueId nothing = b.number(-std::numeric_limits<double>::infinity());
  if (b.has(kMask))
    scores = b.dtype(b.in(kMask)) == DType::boolean ? b.add("Where", {b.in(kMask), scores, nothing})
                                                    : b.add("Add", {scores, b.in(kMask)});
  if (b.attrs().get_int("is_causal", 0) != 0) {
    const int64_t length = queries[2], total = b.shape(k)[2];
    Tensor earlier(DType::boolean, {length, total});
    for (int64_t i = 0; i < length * total; ++i) earlier.view().as<bool>()[i] = i % total <= i / total;
    scores = b.add("Where", {b.constant(std::move(earlier)), scores, nothing});
  }
  const ValueId y = b.add("MatMul", {b.add("Softmax", {scores}, {{"axis", int64_t{-1}}}), v});
  const Shape out = b.shape(b.out());
  b.become(0, out.rank() == 4 ? y : b.reshape(b.swap_axes(y, 1, 2), out));
}

std::string obstacle(const Graph& graph, const Uses& uses, const Node& node) {
  for (std::size_t i : {kPastKey, kPastValue, kLengths})
    if (node.has_input(i)) return "it has a past";
  for (std::size_t i = 1; i < node.outputs.size(); ++i)
    if (node.outputs[i] != kNoValue &&
        (uses.is_output[node.outputs[i]] || !uses.consumers[node.outputs[i]].empty()))
      return "its other outputs are used";
  if (node.attrs.get_float("softcap", 0) != 0) return "its scores are capped";
  if (node.has_input(kMask) && graph[node.inputs[kMask]].shape->elements() > 0) {
    const Shape &mask = *graph[node.inputs[kMask]].shape, &k = *graph[node.inputs[kK]].shape;
    if (mask.dims.back() != 1 && mask.dims.back() != k[k.rank() - 2])
      return "its mask is shorter than its keys";
  }
  return graph[node.inputs[kQ]].shape->elements() == 0 ? "its input has no elements" : "";
}

constexpr GradientRule kRules[] = {{.op = "Attention", .obstacle = obstacle, .spell = attention}};

}  // namespace

const GradientRules kAttentionRules = kRules;

}  // namespace octavo
