// Errors on their way to JavaScript.
#pragma once

#include <emscripten/val.h>

namespace octavo::bindings {

// The exception being handled as { code, message, node, op }, which is what web/package/src/native.ts declares.
emscripten::val current_error();

// Runs `f`; what it throws becomes a JavaScript exception, thrown after all C++ frames of `f` have ended.
template <class F> auto guarded(F&& f) -> decltype(f()) {
  emscripten::val error;
  try {
    return f();
  } catch (...) {
    error = current_error();
  }
  error.throw_();
}

}  // namespace octavo::bindings
