#include "tensor/dims.h"

#include <catch2/catch_test_macros.hpp>
#include <vector>

#include "base/error.h"

namespace octavo {

TEST_CASE("Dims behaves as a vector of at most eight numbers") {
  Dims dims{2, 3};
  CHECK(dims == Dims(std::vector<int64_t>{2, 3}));
  dims.push_back(4);
  dims.insert(dims.begin(), 1);
  CHECK(dims == Dims{1, 2, 3, 4});
  dims.erase(dims.begin() + 1);
  CHECK(dims == Dims{1, 3, 4});
  dims.back() = 7;
  CHECK(dims.back() == 7);
  dims.pop_back();
  CHECK(dims.size() == 2);
  const Dims more{8, 9};
  dims.insert(dims.begin() + 1, more.begin(), more.end());
  CHECK(dims == Dims{1, 8, 9, 3});
  CHECK(Dims(3, 5) == Dims{5, 5, 5});
  CHECK(Dims().empty());
}

TEST_CASE("Dims refuses a ninth number, and a count that cannot be") {
  Dims full(Dims::kMaxRank, 1);
  CHECK_THROWS_AS(full.push_back(1), Error);
  CHECK(full.size() == Dims::kMaxRank);
  CHECK_THROWS_AS(Dims(static_cast<uint64_t>(int64_t{-1}), 0), Error);
  CHECK_THROWS_AS(Dims(uint64_t{1} << 50, 0), Error);  // also where std::size_t has 32 bits
  CHECK_THROWS_AS(Dims({1, 2, 3, 4, 5, 6, 7, 8, 9}), Error);
}

}  // namespace octavo
