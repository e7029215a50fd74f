// Errors on their way to JavaScript.
#pragma once

#include <emscripten/val.h>

namespace octavo::bindings {

// Keeps the exception being handled for take_error(). Never fails.
void keep_error();

// What the last call failed with, as { code, message, node, op }, which is what web/package/src/native.ts declares;
// undefined where it did not fail.
emscripten::val take_error();

// Runs `f`. What it throws is kept, and the call returns nothing: JavaScript asks for it after each call. Were it
// thrown as a JavaScript exception, the frames that it passes would never give their part of the stack back.
template <class F> auto guarded(F&& f) -> decltype(f()) {
  try {
    return f();
  } catch (...) {
    keep_error();
  }
  return decltype(f())();
}

}  // namespace octavo::bindings
