// The kernel of each family under a policy. A kernel that is forced but cannot run here is the caller's mistake and
// throws Error(invalid_option).
#pragma once

#include <algorithm>

#include "base/error.h"
#include "base/kernel_policy.h"
#include "kernels/dwconv_f32/dwconv_f32.h"
#include "kernels/dwconv_s8/dwconv_s8.h"
#include "kernels/gemm_f32/gemm_f32.h"
#include "kernels/gemm_s4/gemm_s4.h"
#include "kernels/gemm_s8/gemm_s8.h"
#include "tensor/qparams.h"

namespace octavo {

template <class Kernel>
const Kernel& forced_or_best(const Kernel* kernel, std::string_view family, std::string_view forced) {
  require(kernel != nullptr, ErrorCode::invalid_option,
          "the {} kernel '{}' does not exist or is not exact on this engine with these activations", family,
          forced);
  return *kernel;
}

inline const kernels::GemmF32Kernel& choose_gemm_f32(const KernelPolicy& policy) {
  const auto forced = policy.forced_kernel("gemm_f32");
  IsaFacts facts = policy.facts;
  if (!policy.fuses_multiply_add && forced.empty()) facts.isa = std::min(facts.isa, Isa::simd128);
  return forced_or_best(kernels::select_gemm_f32(facts, forced), "gemm_f32", forced);
}

inline const kernels::DwconvF32Kernel& choose_dwconv_f32(const KernelPolicy& policy) {
  const auto forced = policy.forced_kernel("dwconv_f32");
  return forced_or_best(kernels::select_dwconv_f32(policy.facts, forced), "dwconv_f32", forced);
}

inline const kernels::GemmS8Kernel& choose_gemm_s8(const KernelPolicy& policy,
                                                   kernels::ActivationRange range) {
  const auto forced = policy.forced_kernel("gemm_s8");
  return forced_or_best(kernels::select_gemm_s8(policy.facts, range, forced), "gemm_s8", forced);
}

inline const kernels::GemmS4Kernel& choose_gemm_s4(const KernelPolicy& policy) {
  const auto forced = policy.forced_kernel("gemm_s4");
  return forced_or_best(kernels::select_gemm_s4(policy.facts, forced), "gemm_s4", forced);
}

inline const kernels::DwconvS8Kernel& choose_dwconv_s8(const KernelPolicy& policy,
                                                       kernels::ActivationRange range) {
  const auto forced = policy.forced_kernel("dwconv_s8");
  return forced_or_best(kernels::select_dwconv_s8(policy.facts, range, forced), "dwconv_s8", forced);
}

// What activations of at most `qmax` ask of a kernel.
inline kernels::ActivationRange activation_range(int64_t qmax) {
  return qmax <= 127 ? kernels::ActivationRange::u7 : kernels::ActivationRange::u8;
}

}  // namespace octavo
