// Where tensors with limited lifetimes lie in one arena.
#pragma once

#include <cstdint>
#include <vector>

namespace octavo {

// A block of `size` bytes that is in use from step `first` to step `last`, both included.
struct Lifetime {
  uint64_t size = 0;
  int first = 0, last = 0;
};

struct MemoryPlan {
  std::vector<uint64_t> offsets;  // by block, multiples of kAlignment
  uint64_t arena_bytes = 0;       // may be more than there can be
};

// Gives blocks that live at the same time disjoint places: largest block first, each at the lowest offset that is
// free during its whole life ("greedy by size", Pisarchyk and Lee, arXiv:2001.03288).
MemoryPlan plan_memory(const std::vector<Lifetime>& blocks);

}  // namespace octavo
