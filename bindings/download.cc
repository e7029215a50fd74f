#include "download.h"

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace octavo::bindings {

using emscripten::val;

void Download::reserve(uint64_t bytes) {
  if (bytes <= capacity_ || resize(bytes)) return;
  throw Error(ErrorCode::out_of_memory, text("cannot allocate {} bytes", bytes));
}

void Download::append(const val& chunk) {
  const auto bytes = chunk["length"].as<std::size_t>();
  const uint64_t needed = size_ + bytes;
  if (needed > capacity_ && !resize(std::max(needed, 2 * capacity_))) reserve(needed);
  // JavaScript checks that the chunk fits into this view, whatever its length said before.
  const val place(emscripten::typed_memory_view(bytes, static_cast<uint8_t*>(memory_.get()) + size_));
  place.call<void>("set", chunk);
  size_ = needed;
}

FileMemory Download::take() {
  FileMemory file(memory_.release(), static_cast<std::size_t>(size_));
  capacity_ = size_ = 0;
  return file;
}

bool Download::resize(uint64_t capacity) {
  if (!std::in_range<std::size_t>(capacity)) return false;
  void* const moved = std::realloc(memory_.get(), static_cast<std::size_t>(capacity));
  if (moved == nullptr) return false;
  std::ignore = memory_.release();
  memory_.reset(moved);
  capacity_ = capacity;
  return true;
}

}  // namespace octavo::bindings
