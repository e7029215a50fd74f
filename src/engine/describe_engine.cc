#include "engine/engine.h"
#include "graph/op_def.h"
#include "onnx/upgrade.h"
#include "ops/kernel_choice.h"

namespace octavo {

namespace {

std::string_view build_name(Isa isa) {
  switch (isa) {
    case Isa::scalar: return "scalar";
    case Isa::simd128: return "simd";
    case Isa::relaxed: return "relaxed";
  }
  return "";
}

// How i32x4.relaxed_dot_i8x16_i7x16_add_s treats 8-bit activations here.
std::string dot_behaviour(const IsaFacts& facts) {
  if (facts.isa != Isa::relaxed) return "not in this build";
  if (facts.dot_high_bit == HighBit::unknown) return "unknown";
  const std::string_view sign = facts.dot_high_bit == HighBit::reads_unsigned ? "unsigned" : "signed";
  return text("{}{}", sign, facts.dot_saturates ? ", saturating" : ", exact");
}

std::string reason(const KernelPolicy& policy, std::string_view family, const std::string& dot) {
  if (!policy.forced_kernel(family).empty()) return "forced";
  return text("best for {}, relaxed dot: {}", build_name(policy.facts.isa), dot);
}

}  // namespace

std::vector<OperatorInfo> supported_operators() {
  std::vector<OperatorInfo> operators;
  const auto add = [&](const OpDef& op) { operators.push_back({op.domain(), op.type(), op.since}); };
  for (const OpDef* op : readable_operators()) add(*op);
  // What the reader tells in terms of others.
  for (const onnx::Upgrade* row : onnx::all_upgrades())
    if (row->since != 0) add({.name = row->op, .since = row->since});
  // The reader makes constants of these.
  operators.push_back({"", "Constant", 1});
  return operators;
}

EngineInfo describe_engine(const KernelPolicy& policy) {
  using kernels::ActivationRange;
  EngineInfo info;
  info.build = build_name(policy.facts.isa);
  info.dot = dot_behaviour(policy.facts);
  const auto add = [&](std::string_view family, std::string_view activations, std::string_view kernel) {
    info.kernels.push_back({family, activations, kernel, reason(policy, family, info.dot)});
  };
  add("gemm_s8", "u8", choose_gemm_s8(policy, ActivationRange::u8).name);
  add("gemm_s8", "u7", choose_gemm_s8(policy, ActivationRange::u7).name);
  add("gemm_s4", "u8", choose_gemm_s4(policy).name);
  add("dwconv_s8", "u8", choose_dwconv_s8(policy, ActivationRange::u8).name);
  add("dwconv_s8", "u7", choose_dwconv_s8(policy, ActivationRange::u7).name);
  add("gemm_f32", "f32", choose_gemm_f32(policy).name);
  add("dwconv_f32", "f32", choose_dwconv_f32(policy).name);
  return info;
}

}  // namespace octavo
