#include "base/thread_pool.h"

namespace octavo {

namespace {

// About 0.2 ms: longer than what lies between two loops of a run, and less than anybody notices.
constexpr int kSpins = 300'000;

void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

// Whether the word changes from `old` before patience ends.
bool changes_soon(const std::atomic<uint32_t>& word, uint32_t old) {
  for (int i = 0; i < kSpins; ++i) {
    if (word.load(std::memory_order_acquire) != old) return true;
    relax();
  }
  return false;
}

// std::atomic's wait and notify, which Emscripten builds on a table of mutexes.
void sleep_while(std::atomic<uint32_t>& word, uint32_t old) {
#ifdef __wasm__
  __builtin_wasm_memory_atomic_wait32(reinterpret_cast<int*>(&word), static_cast<int>(old), -1);
#else
  word.wait(old);
#endif
}

void wake_all(std::atomic<uint32_t>& word) {
#ifdef __wasm__
  __builtin_wasm_memory_atomic_notify(reinterpret_cast<int*>(&word), ~0u);
#else
  word.notify_all();
#endif
}

uint32_t unclaimed(uint64_t claim) { return static_cast<uint32_t>(claim); }

}  // namespace

ThreadPool::ThreadPool(int count) : count_(count) {
#ifdef __wasm__
  made = true;
#else
  for (int thread = 1; thread < count; ++thread) threads_.emplace_back([this, thread] { serve(thread); });
#endif
}

ThreadPool::~ThreadPool() {
  ended_ = true;
  ++loops_;
  wake_all(loops_);
#ifndef __wasm__
  for (std::thread& thread : threads_) thread.join();
#endif
}

void ThreadPool::run(const PiecedLoop& loop) {
  run_.store(loop.run, std::memory_order_relaxed);
  body_.store(loop.body, std::memory_order_relaxed);
  loop_count_.store(loop.count, std::memory_order_relaxed);
  unit_.store(loop.unit, std::memory_order_relaxed);
  pieces_.store(loop.pieces, std::memory_order_relaxed);
  unfinished_.store(static_cast<uint32_t>(loop.pieces), std::memory_order_relaxed);
  const uint32_t number = loops_.load(std::memory_order_relaxed) + 1;
  claim_.store(uint64_t{number} << 32 | static_cast<uint32_t>(loop.pieces));
  loops_.store(number);
  // Whoever counted itself among the sleepers after this sees the new number and does not fall asleep.
  if (sleepers_.load() > 0) wake_all(loops_);
  take_pieces(0);
  wait_for_last_piece();
}

void ThreadPool::take_pieces(int thread) {
  uint64_t claim = claim_.load();
  while (unclaimed(claim) > 0) {
    const PiecedLoop loop{run_.load(std::memory_order_relaxed), body_.load(std::memory_order_relaxed),
                          loop_count_.load(std::memory_order_relaxed), unit_.load(std::memory_order_relaxed),
                          pieces_.load(std::memory_order_relaxed)};
    if (!claim_.compare_exchange_weak(claim, claim - 1)) continue;
    const int64_t piece = loop.pieces - unclaimed(claim);
    loop.run(loop.body, loop.bound(piece), loop.bound(piece + 1), thread);
    if (unfinished_.fetch_sub(1) == 1 && caller_sleeps_.load()) wake_all(unfinished_);
    claim = claim_.load();
  }
}

void ThreadPool::wait_for_last_piece() {
  for (uint32_t left = unfinished_.load(); left > 0; left = unfinished_.load()) {
    if (left & kLost) __builtin_trap();
    if (changes_soon(unfinished_, left) || !caller_may_sleep_) continue;
    caller_sleeps_ = true;
    sleep_while(unfinished_, left);
    caller_sleeps_ = false;
  }
}

void ThreadPool::serve(int thread) {
  for (;;) {
    // Read before `ended_`: the end, too, comes with a new number, and must not be taken for one that was seen.
    const uint32_t seen = loops_.load();
    if (ended_.load()) return;
    take_pieces(thread);
    if (changes_soon(loops_, seen)) continue;
    ++sleepers_;
    sleep_while(loops_, seen);
    --sleepers_;
  }
}

}  // namespace octavo
