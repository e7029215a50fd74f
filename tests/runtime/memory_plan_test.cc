#include "runtime/memory_plan.h"

#include <catch2/catch_test_macros.hpp>
#include <random>

#include "base/buffer.h"

using namespace octavo;

namespace {

void check_disjoint(const std::vector<Lifetime>& blocks, const MemoryPlan& plan) {
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    CHECK(plan.offsets[i] % kAlignment == 0);
    CHECK(plan.offsets[i] + blocks[i].size <= plan.arena_bytes);
    for (std::size_t j = 0; j < i; ++j) {
      const bool together = blocks[i].first <= blocks[j].last && blocks[j].first <= blocks[i].last;
      const bool apart = plan.offsets[i] + blocks[i].size <= plan.offsets[j] ||
                         plan.offsets[j] + blocks[j].size <= plan.offsets[i];
      if (together) CHECK(apart);
    }
  }
}

}  // namespace

TEST_CASE("A chain of equal tensors needs two places") {
  std::vector<Lifetime> blocks;
  for (int step = 0; step < 10; ++step) blocks.push_back({1000, step, step + 1});
  const MemoryPlan plan = plan_memory(blocks);
  check_disjoint(blocks, plan);
  CHECK(plan.arena_bytes == 2 * align_up(1000));
}

TEST_CASE("A gap between two long-lived tensors is used") {
  const std::vector<Lifetime> blocks = {{256, 0, 9}, {128, 0, 3}, {128, 4, 9}, {64, 2, 5}};
  const MemoryPlan plan = plan_memory(blocks);
  check_disjoint(blocks, plan);
  CHECK(plan.offsets[1] == plan.offsets[2]);
}

TEST_CASE("Tensors that live together never overlap") {
  std::mt19937 generator(3);
  const auto draw = [&](int n) { return static_cast<int>(generator() % n); };
  for (int round = 0; round < 50; ++round) {
    std::vector<Lifetime> blocks;
    for (int i = 0; i < 40; ++i) {
      const int first = draw(30);
      blocks.push_back({std::size_t(1 + draw(5000)), first, first + draw(6)});
    }
    check_disjoint(blocks, plan_memory(blocks));
  }
}

TEST_CASE("Sizes are summed in 64 bits, whatever pointers have") {
  constexpr uint64_t kLarge = (uint64_t{1} << 31) - 64;
  const std::vector<Lifetime> blocks = {{kLarge, 0, 1}, {kLarge, 0, 1}, {kLarge, 0, 1}};
  const MemoryPlan plan = plan_memory(blocks);
  check_disjoint(blocks, plan);
  CHECK(plan.arena_bytes == 3 * kLarge);
}
