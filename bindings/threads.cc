#include "threads.h"
#include "objects.h"

extern "C" void _emscripten_stack_restore(std::uintptr_t top);

namespace octavo::bindings {

using emscripten::val;

namespace {

// Kernels keep no more than a few tiles on the stack.
constexpr std::size_t kStackBytes = 64 * 1024;

[[gnu::noinline]] void serve(ThreadPool* pool, int thread) { pool->serve(thread); }

// An instance begins with the stack pointer of the engine's own thread, so this function must not use the stack.
void start_thread(std::uintptr_t stack_top, ThreadPool* pool, int thread) {
  _emscripten_stack_restore(stack_top);
  serve(pool, thread);
}

double address(const void* pointer) { return static_cast<double>(reinterpret_cast<std::uintptr_t>(pointer)); }

}  // namespace

EngineThreads::EngineThreads(int count, bool caller_may_sleep)
    : threads_(count), stacks_(kStackBytes * static_cast<std::size_t>(count)) {
  if (threads_.pool()) threads_.pool()->set_caller_may_sleep(caller_may_sleep);
}

val EngineThreads::starts() const {
  val starts = val::array();
  for (int thread = 1; thread < threads_.count(); ++thread) {
    val arguments = val::array();
    arguments.call<void>("push",
                         address(stacks_.data() + kStackBytes * static_cast<std::size_t>(thread + 1)));
    arguments.call<void>("push", address(threads_.pool()));
    arguments.call<void>("push", thread);
    val start = val::object();
    set(start, "entry", address(reinterpret_cast<const void*>(&start_thread)));
    set(start, "arguments", arguments);
    set(start, "alarm", address(threads_.pool()->alarm()));
    starts.call<void>("push", start);
  }
  return starts;
}

}  // namespace octavo::bindings
