// Threads on their way to JavaScript, which starts them.
#pragma once

#include <emscripten/val.h>

#include "base/buffer.h"
#include "base/parallel_for.h"

namespace octavo::bindings {

// The threads of an engine, the caller's included, and their stacks.
class EngineThreads {
 public:
  EngineThreads() = default;
  EngineThreads(int count, bool caller_may_sleep);

  const Threads& threads() const { return threads_; }
  // { entry, arguments, alarm } for each thread but the caller's: `entry` is the place in the module's table of the
  // function that an instance of the module on the same memory calls, as all that it ever does; `alarm` is
  // ThreadPool::alarm().
  emscripten::val starts() const;

 private:
  Threads threads_;
  Buffer stacks_;
};

}  // namespace octavo::bindings
