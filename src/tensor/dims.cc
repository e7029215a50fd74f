#include "tensor/dims.h"

#include "base/error.h"

namespace octavo {

namespace {

void require_room(uint64_t count) {
  require(count <= Dims::kMaxRank, ErrorCode::unsupported, "a tensor of {} dimensions; there may be {}",
          count, Dims::kMaxRank);
}

}  // namespace

void Dims::assign(uint64_t count, int64_t value) {
  require_room(count);
  size_ = static_cast<std::size_t>(count);
  std::fill_n(begin(), size_, value);
}

void Dims::insert(int64_t* place, const int64_t* first, const int64_t* last) {
  const std::size_t count = last - first;
  require_room(size_ + count);
  std::copy_backward(place, end(), end() + count);
  std::copy(first, last, place);
  size_ += count;
}

void Dims::erase(int64_t* place) {
  std::copy(place + 1, end(), place);
  --size_;
}

}  // namespace octavo
