// The rewrites. Each one leaves a graph that computes the same and returns how many places it changed.
#pragma once

#include <string>
#include <vector>

#include "base/kernel_policy.h"
#include "graph/graph.h"
#include "ops/evaluate.h"

namespace octavo {

// shape and dtype of every value, as far as they follow from the inputs and constants; declared ones stay where
// inference finds nothing. Throws Error(invalid_graph), naming the node, where shapes contradict each other.
void infer_shapes(Graph& graph);

// f(constants) → constant, as far as the budget goes, the same bits on every engine. `fold_dequantize`: also
// DequantizeLinear, whose constants are quantized weights that lowering still wants to see.
int fold_constants(Graph& graph, KernelPolicy kernels, FoldingBudget& budget, bool fold_dequantize);

// op(x) → x for operators that pass their input on: Identity, and Dropout where nobody reads its mask.
int remove_identities(Graph& graph);

// Weights of 8 bits of whatever kind → int8, without zero points where that is possible.
int recentre_weights(Graph& graph);

// Body(c), where c is constant outside → Body, which has c; Body(x) that does not read x → Body.
int settle_captures(Graph& graph);

// If(q, s, z), where they are what DynamicQuantizeLinear(x) gives → If(x), whose branches quantize x.
int sink_quantizers(Graph& graph);

// Shapes that a run computes of the sizes of the tensor that gets them → constants, with 0 or 1 for those sizes.
int settle_sizes(Graph& graph);

// If(constant) → the nodes of the branch that is taken.
int inline_branches(Graph& graph);

// a·Conv(x, W, b) + c → Conv(x, a·W, a·b + c), where a and c are constant scalars or vary by channel:
// BatchNormalization, unless that is to stay, Mul, Div, Add and Sub behind a convolution.
int fold_affine_into_conv(Graph& graph, bool folds_normalization = true);

// Spelt-out forms → HardSigmoid(x) and HardSwish(x) = x · clip(x/6 + 1/2, 0, 1).
int recognise_hard_swish(Graph& graph);

// Sums of integers and what scales them → products of what is dequantized, where a network is quantized dynamically.
int recognise_integer_products(Graph& graph);

// Spelt-out forms → Gelu(x), Swish(x).
int recognise_gates(Graph& graph);

// Spelt-out forms → LayerNormalization(x), RMSNormalization(x).
int recognise_normalizations(Graph& graph);

// x · cos + rotate_half(x) · sin → RotaryEmbedding.
int recognise_rotary(Graph& graph);

// Softmax(s · Q · Kᵀ + masks) · V → Attention.
int recognise_attention(Graph& graph);

// Conv, pooling → T(channels-last Conv(T'(x))); what lies between them follows, so that transposes remain at the
// borders.
int choose_layout(Graph& graph);

// T(op(T'(x))) → op(x), where op is all that lies between: what converters from channels-last frameworks put around
// every convolution. Only where fewer transposes are left.
int unwrap_layout(Graph& graph);

// A float island of a quantized model, and what keeps it float.
struct FloatIsland {
  std::string node, op, reason;
};

// BatchNormalization between DQ and Q → Conv with a tap a channel.
int integer_normalizations(Graph& graph);

// Products of two activations of 8 bits are computed on integers.
int integer_activation_products(Graph& graph);

// Rows of a constant table of integers are picked as integers.
int gather_integers(Graph& graph);

// Q(x), Q(x) of one meaning → one.
int merge_quantize(Graph& graph);

// DQ → op → Q becomes op on integers; DynamicQuantizeLinear → DQ → op becomes the operator that quantizes for itself.
// The islands are what is left of a quantized graph; none of another.
std::vector<FloatIsland> lower_qdq(Graph& graph);

// Add(op(x), c) → op(x) with Lowered::bias, Clip(op(x)) → op(x) with Lowered::clamp, where the kernel does so as it
// stores.
int fuse_activations(Graph& graph);

// What every loaded model goes through; the result is plain ONNX, smaller and faster, and is what gets quantized.
// BatchNormalization may stay behind convolutions: what trains it wants it there.
void simplify(Graph& graph, const KernelPolicy& kernels, bool folds_normalization = true);

// A past that is fed and the present that comes out → a state slot of that capacity. Another slot, the last, is the
// number of tokens in it, which each run advances. What is new may be of any length. An input as long as past and new
// together (a mask of tokens) is fed no more: all of them count. Throws Error(unsupported), naming the node, where
// something depends on the length in a way that no slot can have, or nothing is kept at all; Error(invalid_option) for
// a capacity that is none.
void keep_caches(Graph& graph, const KernelPolicy& kernels, int64_t capacity, int64_t batch);

// From plain ONNX (with or without Q and DQ) to what the kernels compute. Returns the float islands of a quantized
// graph.
std::vector<FloatIsland> lower(Graph& graph, const KernelPolicy& kernels);

using NodeTest = bool(const Graph&, const Node&);

// Multiply-accumulates of a run in which every dynamic dimension of an input is 1, by shapes alone, of the nodes that
// `counts`, or of all; -1 where there is no such run or it needs contents, the largest int64 where they are more.
int64_t count_macs(Graph graph, const KernelPolicy& kernels, NodeTest* counts = nullptr);

// Of a lowered graph: whether a node is the integer form of another.
bool computes_with_integers(const Graph& graph, const Node& node);

// What decides the kernels of a lowered graph. An int8 network gives the same bits on every engine: its float steps
// have one definition. One in which float weights do more than kMostFloatWork of what int8 weights do is as fast as it
// can be instead.
inline constexpr double kMostFloatWork = 0.25;
KernelPolicy run_policy(const Graph& lowered, KernelPolicy engine);

}  // namespace octavo
