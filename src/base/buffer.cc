#include "base/buffer.h"

#include <cstdlib>

#include "base/error.h"

namespace octavo {

Buffer::Buffer(std::size_t size) : size_(size) {
  if (size == 0) return;
  data_ = static_cast<std::byte*>(std::aligned_alloc(kAlignment, align_up(size)));
  require(data_ != nullptr, ErrorCode::out_of_memory, "cannot allocate ", size, " bytes");
}

Buffer::~Buffer() { std::free(data_); }

}  // namespace octavo
