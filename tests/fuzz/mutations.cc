#include "fuzz/mutations.h"

#include <limits>

#include "fuzz/decisions.h"

namespace octavo::fuzz {

namespace {

bool change_decisions(Field& model, Random& random) {
  model.at(kDecisions).value = static_cast<uint64_t>(random.below(1 << 30));
  return true;
}

constexpr Mutation kDecisionMutations[] = {change_decisions};

}  // namespace

uint64_t interesting_number(Random& random) {
  constexpr int64_t kLeast = std::numeric_limits<int64_t>::min(), kMost = std::numeric_limits<int64_t>::max();
  constexpr int64_t kNumbers[] = {
      0,          -1,
      1,          127,
      255,        65536,
      1 << 24,    std::numeric_limits<int32_t>::max(),
      1ll << 31,  std::numeric_limits<int32_t>::min(),
      1ll << 32,  1ll << 33,
      1ll << 40,  1ll << 61,
      1ll << 62,  kMost,
      kMost - 63, kLeast,
  };
  return static_cast<uint64_t>(random.below(2) == 0 ? pick(kNumbers, random) : random.integer(-4, 16));
}

float interesting_float(Random& random) {
  using Limits = std::numeric_limits<float>;
  constexpr float kFloats[] = {
      0,      -0.0f,  1,     -1,     Limits::quiet_NaN(), Limits::infinity(), -Limits::infinity(),
      1e-40f, 1e-20f, 1e20f, -1e20f, Limits::max(),       Limits::min(),      0.5f};
  return random.below(2) == 0 ? pick(kFloats, random) : random.real(-8, 8);
}

void mutate(Field& model, Random& random) {
  const std::span<const Mutation> families[] = {field_mutations(), graph_mutations(), graph_mutations(),
                                                body_mutations(),  type_mutations(),  tensor_mutations(),
                                                kDecisionMutations};
  do {
    // A mutation that finds nothing to change leaves its turn to another.
    for (int tries = 0; tries < 8; ++tries)
      if (pick(pick(families, random), random)(model, random)) break;
  } while (random.below(3) == 0);
}

}  // namespace octavo::fuzz
