#include "runtime/memory_plan.h"

#include <algorithm>

#include "base/buffer.h"

namespace octavo {

namespace {

// By size, the largest first; blocks of one size stay in their order. A sort would be more code than all of this.
std::vector<uint32_t> largest_first(const std::vector<Lifetime>& blocks) {
  std::vector<uint32_t> order;
  order.reserve(blocks.size());
  for (uint32_t i = 0; i < blocks.size(); ++i) {
    const auto place = std::ranges::upper_bound(order, blocks[i].size, std::ranges::greater{},
                                                [&](uint32_t other) { return blocks[other].size; });
    order.insert(place, i);
  }
  return order;
}

}  // namespace

MemoryPlan plan_memory(const std::vector<Lifetime>& blocks) {
  MemoryPlan plan;
  plan.offsets.resize(blocks.size());
  // By offset. All that the inner loop reads lies side by side: a decoder plans its few hundred blocks for each token.
  struct Placed {
    uint64_t begin, end;
    int first, last;
  };
  std::vector<Placed> placed;
  placed.reserve(blocks.size());
  for (uint32_t i : largest_first(blocks)) {
    const auto [size, first, last] = blocks[i];
    uint64_t offset = 0;
    for (const Placed& other : placed) {
      if (other.last < first || last < other.first) continue;
      if (other.begin >= offset + size) break;
      offset = std::max(offset, other.end);
    }
    plan.offsets[i] = offset;
    const uint64_t end = align_up(offset + size);
    plan.arena_bytes = std::max(plan.arena_bytes, end);
    placed.insert(std::ranges::upper_bound(placed, offset, {}, &Placed::begin), {offset, end, first, last});
  }
  return plan;
}

}  // namespace octavo
