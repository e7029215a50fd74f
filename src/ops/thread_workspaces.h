// Scratch memory of kernels that run on several threads.
#pragma once

#include "base/kernel_policy.h"
#include "ops/scratch.h"

namespace octavo {

// Bytes for ThreadWorkspaces of `bytes` each.
inline uint64_t workspace_of_threads(const KernelPolicy& policy, uint64_t bytes) {
  return scratch_bytes<std::byte>(bytes) * static_cast<uint64_t>(policy.threads.count());
}

// A kernel's scratch memory for each thread: all of what is left of a node's workspace.
class ThreadWorkspaces {
 public:
  ThreadWorkspaces(Scratch& scratch, uint64_t bytes)
      : first_(scratch.take<std::byte>(0)),
        stride_(static_cast<std::size_t>(scratch_bytes<std::byte>(bytes))) {}

  void* operator[](int thread) const { return first_ + static_cast<std::size_t>(thread) * stride_; }

 private:
  std::byte* first_;
  std::size_t stride_;
};

}  // namespace octavo
