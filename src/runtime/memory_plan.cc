#include "runtime/memory_plan.h"

#include <algorithm>

#include "base/buffer.h"
#include "base/flags.h"

namespace octavo {

MemoryPlan plan_memory(const std::vector<Lifetime>& blocks) {
  MemoryPlan plan;
  plan.offsets.resize(blocks.size());
  std::vector<std::size_t> placed;  // by offset
  Flags is_placed(blocks.size());
  // The largest first, by selection: a network has a few hundred blocks, and a sort is more code than all of this.
  const auto largest_left = [&] {
    std::size_t largest = blocks.size();
    for (std::size_t i = 0; i < blocks.size(); ++i)
      if (!is_placed[i] && (largest == blocks.size() || blocks[i].size > blocks[largest].size)) largest = i;
    return largest;
  };
  while (placed.size() < blocks.size()) {
    const std::size_t i = largest_left();
    is_placed[i] = true;
    uint64_t offset = 0;
    for (std::size_t other : placed) {
      const bool apart = blocks[other].last < blocks[i].first || blocks[i].last < blocks[other].first;
      if (apart) continue;
      if (plan.offsets[other] >= offset + blocks[i].size) break;
      offset = std::max(offset, align_up(plan.offsets[other] + blocks[other].size));
    }
    plan.offsets[i] = offset;
    plan.arena_bytes = std::max(plan.arena_bytes, align_up(offset + blocks[i].size));
    const auto place =
        std::ranges::upper_bound(placed, offset, {}, [&](std::size_t p) { return plan.offsets[p]; });
    placed.insert(place, i);
  }
  return plan;
}

}  // namespace octavo
