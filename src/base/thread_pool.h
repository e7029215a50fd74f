// The threads of one engine, and how they share a loop.
#pragma once

#include <atomic>
#include <cstdint>
#ifndef __wasm__
#include <thread>
#include <vector>
#endif

namespace octavo {

// A loop over [0, count) in `pieces` of nearly the same length, each but the last a multiple of `unit`.
struct PiecedLoop {
  // Runs one piece on the thread of that index, 0 being the caller's. Never throws.
  using Run = void(const void* body, int64_t begin, int64_t end, int thread);

  Run* run;
  const void* body;
  int64_t count, unit, pieces;

  int64_t bound(int64_t piece) const {
    const int64_t units = (count + unit - 1) / unit, at = units * piece / pieces * unit;
    return at < count ? at : count;
  }
};

// The caller and count - 1 threads beside it. Native builds start those threads here; in WebAssembly somebody else
// does, and has each one call serve(). A thread that comes late, or never, is no error: whoever is there takes the
// pieces.
//
// Threads wait for the next loop by spinning for as long as an operator takes that is not worth dividing, then asleep.
class ThreadPool {
 public:
  // Whether there ever was a pool. In a WebAssembly module where nothing makes one, the linker's optimizer sees that
  // this stays false, and drops whatever divides loops: the engines with threads and without are the same object files.
#ifdef __wasm__
  static inline bool made = false;
#else
  static constexpr bool made = true;
#endif

  explicit ThreadPool(int count);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int count() const { return count_; }
  // Browsers forbid a page's main thread to sleep: it then spins until the last piece is done.
  void set_caller_may_sleep(bool may) { caller_may_sleep_ = may; }

  // Runs the loop, and returns when all of it is done. One caller at a time, never from within a loop; allocates
  // nothing.
  void run(const PiecedLoop& loop);
  // Takes part in loops as the thread of that index, 1 … count - 1, until the pool ends.
  void serve(int thread);
  // Whoever runs serve() and sees it trap sets kLost in this word and wakes whoever sleeps on it: the caller, which
  // would wait for ever for what that thread had begun, traps as well.
  const std::atomic<uint32_t>* alarm() const { return &unfinished_; }
  static constexpr uint32_t kLost = 1u << 31;

 private:
  void take_pieces(int thread);
  void wait_for_last_piece();

  // The loop under way. A thread that is late may read it while the next one is written: what it reads counts only if
  // `claim_` has not changed since.
  std::atomic<PiecedLoop::Run*> run_{};
  std::atomic<const void*> body_{};
  std::atomic<int64_t> loop_count_{}, unit_{}, pieces_{};

  // Each on a cache line of its own, as different threads write them.
  alignas(64) std::atomic<
      uint64_t> claim_{};  // number of the loop in the upper half, pieces nobody took in the lower
  alignas(64) std::atomic<uint32_t> unfinished_{};  // pieces, and kLost
  alignas(64) std::atomic<uint32_t> loops_{};       // that were begun: what threads wait for
  std::atomic<uint32_t> sleepers_{};
  std::atomic<bool> caller_sleeps_{}, ended_{};
  bool caller_may_sleep_ = true;
  int count_;
#ifndef __wasm__
  std::vector<std::thread> threads_;
#endif
};

}  // namespace octavo
