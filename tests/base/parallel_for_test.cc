#include "base/parallel_for.h"

#include <algorithm>
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <vector>

namespace octavo {
namespace {

// What a loop did: whether it visited each item once, and the largest index of a thread that took part.
struct Visits {
  bool once_each;
  int largest_thread;
};

Visits visit(const Threads& threads, int64_t count, const Division& division) {
  std::vector<std::atomic<int>> visits(static_cast<std::size_t>(count));
  std::atomic<int> largest_thread{0};
  parallel_for(threads, count, division, [&](int64_t begin, int64_t end, int thread) {
    for (int64_t i = begin; i < end; ++i) ++visits[static_cast<std::size_t>(i)];
    for (int seen = largest_thread; seen < thread;) largest_thread.compare_exchange_weak(seen, thread);
  });
  return {std::ranges::all_of(visits, [](const auto& times) { return times.load() == 1; }), largest_thread};
}

}  // namespace

TEST_CASE("A loop visits every item once, on any number of threads", "[threads]") {
  for (const int count : {1, 2, 3, 4}) {
    const Threads threads(count);
    CHECK(threads.count() == count);
    for (const int64_t items : {0, 1, 2, 5, 12, 13, 49, 1000}) {
      for (const Division& division : {Division{}, Division{.least = 4}, Division{.least = 3, .unit = 12},
                                       Division{.unit = 32}, Division{.pieces_per_thread = 1}}) {
        const Visits visits = visit(threads, items, division);
        CHECK(visits.once_each);
        CHECK(visits.largest_thread < count);
      }
    }
  }
}

TEST_CASE("Pieces begin at multiples of their unit", "[threads]") {
  const Threads threads(2);
  std::atomic<int> astray{0};
  parallel_for(threads, 100, {.unit = 12}, [&](int64_t begin, int64_t end, int) {
    astray += begin % 12 != 0 || (end % 12 != 0 && end != 100);
  });
  CHECK(astray == 0);
}

TEST_CASE("A loop has as many pieces for each thread, none of them less than is worth one") {
  CHECK(count_pieces(1000, {.least = 10}, 2) == 8);
  CHECK(count_pieces(70, {.least = 10}, 2) == 6);  // not 7: one thread would have four, the other three
  CHECK(count_pieces(29, {.least = 10}, 3) == 2);
  CHECK(count_pieces(9, {.least = 10}, 3) == 0);
  CHECK(count_pieces(64, {.unit = 32, .pieces_per_thread = 1}, 4) == 2);
}

TEST_CASE("Loops that follow each other closely do not mix", "[threads]") {
  const Threads threads(4);
  std::vector<int64_t> squares(64);
  for (int64_t round = 0; round < 20'000; ++round) {
    const int64_t count = 1 + round % 64;
    parallel_for(threads, count, {}, [&](int64_t begin, int64_t end, int) {
      for (int64_t i = begin; i < end; ++i) squares[static_cast<std::size_t>(i)] = round * i;
    });
    for (int64_t i = 0; i < count; ++i) REQUIRE(squares[static_cast<std::size_t>(i)] == round * i);
  }
}

TEST_CASE("Pools live side by side, and end while they sleep or spin", "[threads]") {
  for (int i = 0; i < 20; ++i) {
    const Threads first(3), second(2);
    CHECK(visit(first, 100, {}).once_each);
    CHECK(visit(second, 100, {}).once_each);
    const Threads never_used(2);
  }
}

TEST_CASE("A pool ends while its threads only begin", "[threads]") {
  for (int i = 0; i < 5'000; ++i) const Threads never_used(3);
}

TEST_CASE("A caller that must not sleep spins until the last piece is done", "[threads]") {
  const Threads threads(3);
  threads.pool()->set_caller_may_sleep(false);
  for (int i = 0; i < 100; ++i) CHECK(visit(threads, 1000, {}).once_each);
}

}  // namespace octavo
