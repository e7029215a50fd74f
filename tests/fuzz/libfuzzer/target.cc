// What libFuzzer calls with each mutant.
#include <cstdint>

#include "fuzz/try_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  // What is not read stays out of the corpus: its mutants would not be read either.
  constexpr int kAccept = 0, kReject = -1;
  return octavo::fuzz::try_file(std::as_bytes(std::span(data, size))) ? kAccept : kReject;
}
