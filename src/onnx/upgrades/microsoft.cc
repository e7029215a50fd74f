// Operators of ONNX Runtime's own that its optimizer makes of ONNX's, taken apart again: activations behind products,
// approximations of Gelu, sums before normalizations.
#include <algorithm>

#include "base/error.h"
#include "onnx/decomposition.h"

namespace octavo::onnx {

namespace {

// Activations that products may end in, with the names of their parameters.
constexpr struct {
  Name op, alpha = "", beta = "";
} kActivations[] = {{"Relu"},
                    {"Tanh"},
                    {"Sigmoid"},
                    {"HardSwish"},
                    {"LeakyRelu", "alpha"},
                    {"Elu", "alpha"},
                    {"HardSigmoid", "alpha", "beta"}};

// The node becomes the activation of that name of x.
void activate(Decomposition& d, ValueId x, std::string_view name, std::span<const float> params) {
  const auto param = [&](std::size_t i) {
    require(i < params.size(), ErrorCode::invalid_graph, "has {} parameters of the activation {}",
            params.size(), name);
    return params[i];
  };
  if (name.empty()) return d.become("Identity", {x});
  if (name == "Clip") return d.become("Clip", {x, d.number(param(0)), d.number(param(1))});
  for (const auto& [op, alpha, beta] : kActivations) {
    if (op != name) continue;
    Attrs attrs;
    if (!alpha.empty()) attrs.set(alpha, param(0));
    if (!beta.empty()) attrs.set(beta, param(1));
    return d.become(op, {x}, attrs);
  }
  fail(ErrorCode::unsupported, "the activation '{}' is not supported", name);
}

// activation(Conv(x, w, b) + z)
void fused_conv(Draft& draft, DraftNode& node) {
  Decomposition d(draft, node);
  d.need(2);
  const std::string activation = d.take_string("activation");
  const auto given = node.node.attrs.get_floats("activation_params");
  const std::vector<float> params(given.begin(), given.end());
  node.node.attrs.erase("activation_params");
  const ValueId z = d.in(3);
  activate(d, d.add_optional(d.add_with_rest("Conv", {d.in(0), d.in(1), d.in(2)}), z), activation, params);
}

void fused_gemm(Draft& draft, DraftNode& node) {
  Decomposition d(draft, node);
  d.need(2);
  const std::string activation = d.take_string("activation");
  const float params[] = {d.take_float("activation_alpha", 0), d.take_float("activation_beta", 0)};
  d.take_float("activation_gamma", 0);
  activate(d, d.add_with_rest("Gemm", {d.in(0), d.in(1), d.in(2)}), activation, params);
}

// alpha · A' · B'
void fused_matmul(Draft& draft, DraftNode& node) {
  Decomposition d(draft, node);
  d.need(2);
  d.take_only("transBatchA", 0);
  d.take_only("transBatchB", 0);
  const bool trans_a = d.take_int("transA", 0) != 0, trans_b = d.take_int("transB", 0) != 0;
  const float alpha = d.take_float("alpha", 1);
  const ValueId a = trans_a ? d.transpose_matrices(d.in(0)) : d.in(0);
  const ValueId b = trans_b ? d.transpose_matrices(d.in(1)) : d.in(1);
  if (alpha == 1) return d.become("MatMul", {a, b});
  d.become("Mul", {d.add("MatMul", {a, b}), d.number(alpha)});
}

void bias_gelu(Draft& draft, DraftNode& node) {
  Decomposition d(draft, node);
  d.need(1);
  d.become("Gelu", {d.add_optional(d.in(0), d.in(1))});
}

void fast_gelu(Draft& draft, DraftNode& node) {
  Decomposition d(draft, node);
  d.need(1);
  d.become("Gelu", {d.add_optional(d.in(0), d.in(1))}, {{"approximate", std::string_view("tanh")}});
}

// x · sigmoid(alpha · x)
void quick_gelu(Draft& draft, DraftNode& node) {
  Decomposition d(draft, node);
  d.need(1);
  d.become("Swish", {d.in(0)}, {{"alpha", d.take_float("alpha", 1.702f)}});
}

// Statistics are outputs 1 and 2, for training.
void refuse_statistics(const Decomposition& d) {
  for (const std::size_t i : {1u, 2u})
    require(!d.has_output(i), ErrorCode::unsupported, "output {} is not supported", i);
}

// Output 3 is x + skip + bias; what is given back is its name, or that of a new value.
ValueId add_skip(Decomposition& d, std::size_t bias) {
  refuse_statistics(d);
  const ValueId x = d.in(0), skip = d.in(1), b = d.in(bias);
  if (!d.has_output(3)) return d.add_optional(d.add("Add", {x, skip}), b);
  const ValueId sum = d.output(3);
  if (b == kNoValue)
    d.add_to(sum, "Add", {x, skip});
  else
    d.add_to(sum, "Add", {d.add("Add", {x, skip}), b});
  return sum;
}

// x, skip, scale, shift, bias
void skip_layer_normalization(Draft& draft, DraftNode& node) {
  Decomposition d(draft, node);
  d.need(3);
  const ValueId sum = add_skip(d, 4);
  d.keep_outputs(1);
  d.become("LayerNormalization", {sum, d.in(2), d.in(3)},
           {{"axis", int64_t{-1}}, {"epsilon", d.take_float("epsilon", 1e-12f)}});
}

// x, skip, scale, bias
void skip_simplified_layer_normalization(Draft& draft, DraftNode& node) {
  Decomposition d(draft, node);
  d.need(3);
  const ValueId sum = add_skip(d, 3);
  d.keep_outputs(1);
  d.become("RMSNormalization", {sum, d.in(2)},
           {{"axis", int64_t{-1}}, {"epsilon", d.take_float("epsilon", 1e-12f)}});
}

// ONNX's RMSNormalization under an older name, in ONNX's domain, too.
void simplified_layer_normalization(Draft& draft, DraftNode& node) {
  Decomposition d(draft, node);
  d.need(2);
  refuse_statistics(d);
  d.become("RMSNormalization", node.node.inputs);
}

// The last output but one counts what a mask leaves of each sequence.
void add_mask_index(Decomposition& d, ValueId ids, ValueId mask) {
  if (!d.has_output(1)) return;
  const ValueId index = d.output(1);
  d.draft().graph[index].shape = Shape{kDynamic};
  if (mask != kNoValue) return d.add_to(index, "ReduceSum", {mask, d.ints({1})}, {{"keepdims", int64_t{0}}});
  const Tensor zero = Tensor::of<int32_t>({1}, {0});
  d.add_to(index, "Expand",
           {d.draft().add_constant("zero", Tensor::copy_of(zero.view())), d.dimension(ids, 0)});
}

// Embeddings of words, positions and segments are added and normalized. Inputs: ids, segments, three tables, scale,
// shift, mask, positions.
void embed_layer_normalization(Draft& draft, DraftNode& node) {
  Decomposition d(draft, node);
  d.need(1);
  for (const std::size_t i : {2u, 3u, 5u, 6u})
    require(d.has(i), ErrorCode::invalid_graph, "input {} is left out, but needed", i);
  const ValueId ids = d.in(0);
  d.take_int("mask_index_type", 0);
  add_mask_index(d, ids, d.in(7));
  const ValueId words = d.add("Gather", {d.in(2), ids});
  const ValueId positions = d.has(8)
                                ? d.add("Gather", {d.in(3), d.in(8)})
                                : d.add("Slice", {d.in(3), d.ints({0}), d.dimension(ids, 1), d.ints({0})});
  const ValueId sum = d.add("Add", {words, positions});
  const ValueId all =
      d.has(1) ? d.add_optional(sum, d.has(4) ? d.add("Gather", {d.in(4), d.in(1)}) : kNoValue) : sum;
  if (d.has_output(2)) d.add_to(d.output(2), "Identity", {all});
  d.keep_outputs(1);
  d.become("LayerNormalization", {all, d.in(5), d.in(6)},
           {{"axis", int64_t{-1}}, {"epsilon", d.take_float("epsilon", 1e-12f)}});
}

constexpr Upgrade kRows[] = {
    {"SimplifiedLayerNormalization", simplified_layer_normalization, 1},
    {"com.microsoft.BiasGelu", bias_gelu, 1},
    {"com.microsoft.EmbedLayerNormalization", embed_layer_normalization, 1},
    {"com.microsoft.FastGelu", fast_gelu, 1},
    {"com.microsoft.FusedConv", fused_conv, 1},
    {"com.microsoft.FusedGemm", fused_gemm, 1},
    {"com.microsoft.FusedMatMul", fused_matmul, 1},
    {"com.microsoft.Gelu", bias_gelu, 1},
    {"com.microsoft.QuickGelu", quick_gelu, 1},
    {"com.microsoft.SimplifiedLayerNormalization", simplified_layer_normalization, 1},
    {"com.microsoft.SkipLayerNormalization", skip_layer_normalization, 1},
    {"com.microsoft.SkipSimplifiedLayerNormalization", skip_simplified_layer_normalization, 1},
    {"com.microsoft.TransposeMatMul", fused_matmul, 1},
};

const RegisterUpgrades registered(kRows);

}  // namespace

}  // namespace octavo::onnx
