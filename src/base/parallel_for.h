// Loops that are divided among the threads of an engine.
#pragma once

#include <cstdint>
#include <memory>

#include "base/thread_pool.h"

namespace octavo {

// The threads that an engine's models compute on; by default the caller's alone. Copies share one pool.
class Threads {
 public:
  Threads() = default;
  explicit Threads(int count) : pool_(count > 1 ? std::make_shared<ThreadPool>(count) : nullptr) {}
  int count() const { return ThreadPool::made && pool_ ? pool_->count() : 1; }
  ThreadPool* pool() const { return pool_.get(); }

 private:
  std::shared_ptr<ThreadPool> pool_;
};

// How a loop may be divided.
struct Division {
  int64_t least = 1;          // items that are worth a piece
  int64_t unit = 1;           // pieces but the last are multiples of it
  int pieces_per_thread = 4;  // several: whoever is done sooner takes more
};

// Pieces of a loop of `count` items on so many threads: as many for each of them, or one each for fewer.
constexpr int64_t count_pieces(int64_t count, const Division& division, int threads) {
  const int64_t worth = count / (division.least > division.unit ? division.least : division.unit);
  const int64_t most = int64_t{threads} * division.pieces_per_thread;
  if (worth >= most) return most;
  return worth > threads ? worth / threads * threads : worth;
}

// Calls body(begin, end, thread) for pieces that make up [0, count), in any order and at the same time on different
// threads; `thread` is below threads.count() and the same for no two calls at a time. Returns when all are done. The
// body does not throw and has no parallel_for in it. What a piece computes must not depend on where the pieces begin.
template <class Body>
void parallel_for(const Threads& threads, int64_t count, const Division& division, const Body& body) {
  const int64_t pieces = threads.count() > 1 ? count_pieces(count, division, threads.count()) : 1;
  if (pieces > 1) {
    const auto run = [](const void* f, int64_t begin, int64_t end, int thread) {
      (*static_cast<const Body*>(f))(begin, end, thread);
    };
    threads.pool()->run({run, &body, count, division.unit, pieces});
    return;
  }
  if (count > 0) body(int64_t{0}, count, 0);
}

}  // namespace octavo
