// A file that JavaScript writes into the heap, piece by piece.
#pragma once

#include <emscripten/val.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>

#include "base/file_memory.h"

namespace octavo::bindings {

// Grows by need, so that no size which anybody announces has to be true. Sizes are of 64 bits: they come from outside.
class Download {
 public:
  // Makes room for so many bytes altogether. Throws Error(out_of_memory), in particular for more than memory can have.
  void reserve(uint64_t bytes);
  // Writes the bytes of a Uint8Array behind those before.
  void append(const emscripten::val& chunk);
  // The file, which is no longer here.
  FileMemory take();
  // What is here of it.
  std::span<const std::byte> bytes() const {
    return {static_cast<const std::byte*>(memory_.get()), static_cast<std::size_t>(size_)};
  }

 private:
  bool resize(uint64_t capacity);

  std::unique_ptr<void, decltype(&std::free)> memory_{nullptr, std::free};
  uint64_t capacity_ = 0, size_ = 0;
};

}  // namespace octavo::bindings
