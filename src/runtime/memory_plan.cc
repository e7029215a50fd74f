#include "runtime/memory_plan.h"

#include <algorithm>
#include <numeric>

#include "base/buffer.h"

namespace octavo {

MemoryPlan plan_memory(const std::vector<Lifetime>& blocks) {
  std::vector<std::size_t> order(blocks.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    return blocks[a].size != blocks[b].size ? blocks[a].size > blocks[b].size : a < b;
  });

  MemoryPlan plan;
  plan.offsets.resize(blocks.size());
  std::vector<std::size_t> placed;  // by offset
  for (std::size_t i : order) {
    std::size_t offset = 0;
    for (std::size_t other : placed) {
      const bool apart = blocks[other].last < blocks[i].first || blocks[i].last < blocks[other].first;
      if (apart) continue;
      if (plan.offsets[other] >= offset + blocks[i].size) break;
      offset = std::max(offset, align_up(plan.offsets[other] + blocks[other].size));
    }
    plan.offsets[i] = offset;
    plan.arena_bytes = std::max(plan.arena_bytes, align_up(offset + blocks[i].size));
    const auto place = std::ranges::upper_bound(placed, offset, {}, [&](std::size_t p) { return plan.offsets[p]; });
    placed.insert(place, i);
  }
  return plan;
}

}  // namespace octavo
