#include "base/buffer.h"

#include <cstdlib>

#include "base/error.h"

namespace octavo {

Buffer::Buffer(uint64_t size) : size_(static_cast<std::size_t>(size)) {
  if (size == 0) return;
  if (size <= PTRDIFF_MAX - kAlignment)
    data_ = static_cast<std::byte*>(std::aligned_alloc(kAlignment, static_cast<std::size_t>(align_up(size))));
  require(data_ != nullptr, ErrorCode::out_of_memory, "cannot allocate {} bytes", size);
}

Buffer::~Buffer() { std::free(data_); }

}  // namespace octavo
