// How libFuzzer makes mutants: of the model that the bytes are, or of the bytes where they are none, or now and then.
#include <algorithm>
#include <cstring>

#include "fuzz/mutations.h"

extern "C" std::size_t LLVMFuzzerMutate(uint8_t* data, std::size_t size, std::size_t most);

namespace octavo::fuzz {
namespace {

constexpr int kPlainOneIn = 32;

std::string_view view(const uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// 0 where it does not fit.
std::size_t copy_to(uint8_t* data, std::size_t most, const std::string& bytes) {
  if (bytes.size() > most) return 0;
  std::ranges::copy(bytes, data);
  return bytes.size();
}

}  // namespace
}  // namespace octavo::fuzz

using namespace octavo::fuzz;

extern "C" std::size_t LLVMFuzzerCustomMutator(uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned seed) {
  Random random(seed);
  auto model = parse_model(view(data, size));
  if (!model || random.below(kPlainOneIn) == 0) return LLVMFuzzerMutate(data, size, most);
  mutate(*model, random);
  const std::size_t written = copy_to(data, most, write_model(*model));
  return written != 0 ? written : LLVMFuzzerMutate(data, size, most);
}

extern "C" std::size_t LLVMFuzzerCustomCrossOver(const uint8_t* a, std::size_t a_size, const uint8_t* b,
                                                 std::size_t b_size, uint8_t* out, std::size_t most,
                                                 unsigned seed) {
  Random random(seed);
  auto model = parse_model(view(a, a_size)), other = parse_model(view(b, b_size));
  if (!model || !other) return 0;
  do cross(*model, *other, random);
  while (random.below(2) == 0);
  return copy_to(out, most, write_model(*model));
}
