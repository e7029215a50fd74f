// A short list of integers: the sizes of a tensor, or a number for each of its axes.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>

namespace octavo {

// std::vector<int64_t> with room for kMaxRank numbers in place: no heap, trivially copied, nothing to destroy. Shapes
// are everywhere while a network is loaded and planned, and in every view of a tensor while it runs. What does not fit
// throws Error(unsupported).
class Dims {
 public:
  static constexpr std::size_t kMaxRank = 8;

  Dims() = default;
  Dims(std::initializer_list<int64_t> values) : Dims(values.begin(), values.end()) {}
  explicit Dims(std::span<const int64_t> values) : Dims(values.data(), values.data() + values.size()) {}
  Dims(const int64_t* first, const int64_t* last) { insert(end(), first, last); }
  // 64 bits: counts come from files.
  Dims(uint64_t count, int64_t value) { assign(count, value); }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  int64_t* begin() { return values_.data(); }
  int64_t* end() { return begin() + size_; }
  const int64_t* begin() const { return values_.data(); }
  const int64_t* end() const { return begin() + size_; }
  int64_t& operator[](std::size_t i) { return values_[i]; }
  int64_t operator[](std::size_t i) const { return values_[i]; }
  int64_t& back() { return values_[size_ - 1]; }
  int64_t back() const { return values_[size_ - 1]; }

  void push_back(int64_t value) { insert(end(), value); }
  void pop_back() { --size_; }
  void assign(uint64_t count, int64_t value);
  void insert(int64_t* place, int64_t value) { insert(place, &value, &value + 1); }
  void insert(int64_t* place, const int64_t* first, const int64_t* last);
  void erase(int64_t* place);

  using value_type = int64_t;
  friend bool operator==(const Dims& a, const Dims& b) { return std::ranges::equal(a, b); }

 private:
  std::size_t size_ = 0;
  std::array<int64_t, kMaxRank> values_ = {};
};

}  // namespace octavo
