// Dividing the workspace of a run.
#pragma once

#include <cstddef>
#include <span>

#include "base/buffer.h"

namespace octavo {

// Hands out aligned pieces of a workspace, front to back. The pieces of one run add up to what OpDef::workspace asked
// for with scratch_bytes.
class Scratch {
 public:
  explicit Scratch(std::span<std::byte> memory) : next_(memory.data()) {}

  template <class T> T* take(uint64_t count) {
    std::byte* piece = next_;
    next_ += align_up(count * sizeof(T));
    return reinterpret_cast<T*>(piece);
  }

 private:
  std::byte* next_;
};

// Bytes that Scratch::take<T>(count) uses up.
template <class T> constexpr uint64_t scratch_bytes(uint64_t count) { return align_up(count * sizeof(T)); }

}  // namespace octavo
