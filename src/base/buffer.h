// Aligned, uninitialised memory with one owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace octavo {

// Every tensor, packed weight and arena starts on a cache line.
inline constexpr std::size_t kAlignment = 64;

// Sizes are summed in 64 bits, also where pointers have 32: a sum that is too large is an allocation that fails.
constexpr uint64_t align_up(uint64_t n, uint64_t alignment = kAlignment) {
  return (n + alignment - 1) / alignment * alignment;
}

// A block of `size` bytes aligned to kAlignment. The contents are not initialised.
class Buffer {
 public:
  Buffer() = default;
  // Throws Error(out_of_memory), naming the size, when the heap cannot grow that far.
  explicit Buffer(uint64_t size);
  Buffer(Buffer&& other) noexcept { *this = std::move(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Buffer();

  std::byte* data() { return data_; }
  const std::byte* data() const { return data_; }
  std::size_t size() const { return size_; }

 private:
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace octavo
