// What decides which kernel of a family runs, and on how many threads.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/isa.h"
#include "base/parallel_for.h"

namespace octavo {

struct RunWatch;  // runtime/session.h

// The engine's behaviour, and the kernels that a test or a user forces: row names of kernels.inc by family name
// ("gemm_s8", "dwconv_f32", …). An engine has one policy for all of its models, and with it one pool of threads.
struct KernelPolicy {
  IsaFacts facts = isa_facts();
  std::map<std::string, std::string, std::less<>> forced;
  [[no_unique_address]] Threads threads;
  // Whether gemm_f32 may round a product and its addition to a sum once (relaxed_madd), in which engines differ.
  bool fuses_multiply_add = true;
  // Asked as runs go on whether they may, if any. Outlives the models.
  RunWatch* watch = nullptr;

  // The row forced for `family`, or "" when the best one is to be chosen.
  std::string_view forced_kernel(std::string_view family) const {
    const auto entry = forced.find(family);
    return entry == forced.end() ? std::string_view() : std::string_view(entry->second);
  }
};

}  // namespace octavo
