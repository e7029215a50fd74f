#include "base/file_memory.h"

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace octavo {

FileMemory FileMemory::copy_of(std::span<const std::byte> bytes) {
  FileMemory file(std::malloc(std::max<std::size_t>(bytes.size(), 1)), bytes.size());
  require(file.memory_ != nullptr, ErrorCode::out_of_memory, "cannot allocate {} bytes", bytes.size());
  std::ranges::copy(bytes, file.memory_.get());
  return file;
}

void FileMemory::shrink(std::size_t size) {
  size_ = size;
  void* const moved = std::realloc(memory_.get(), std::max<std::size_t>(size, 1));
  if (moved == nullptr) return;  // it is still where it was
  std::ignore = memory_.release();
  memory_.reset(static_cast<std::byte*>(moved));
}

}  // namespace octavo
