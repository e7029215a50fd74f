// A file in memory that is read from its end.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <span>

namespace octavo {

// Owns memory of malloc, from which the end can be cut off once it is read.
class FileMemory {
 public:
  FileMemory(void* memory, std::size_t size)
      : memory_(static_cast<std::byte*>(memory), std::free), size_(size) {}

  // Throws Error(out_of_memory).
  static FileMemory copy_of(std::span<const std::byte> bytes);

  std::span<const std::byte> bytes() const { return {memory_.get(), size_}; }

  // Gives back what lies behind the first `size` bytes. The others may move.
  void shrink(std::size_t size);

 private:
  std::unique_ptr<std::byte, decltype(&std::free)> memory_;
  std::size_t size_;
};

}  // namespace octavo
