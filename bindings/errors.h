// Errors on their way to JavaScript.
#pragma once

#include <emscripten/val.h>

#include <new>

#include "engine/engine.h"

namespace octavo::bindings {

// { code, message, node, op }, as web/package/src/native.ts declares it.
emscripten::val error_object(std::string_view code, const std::string& message, const std::string& node,
                             const std::string& op);

// Runs `f`; what it throws becomes a JavaScript exception, thrown after all C++ frames of `f` have ended.
template <class F>
auto guarded(F&& f) -> decltype(f()) {
  emscripten::val error;
  try {
    return f();
  } catch (const Error& e) {
    error = error_object(error_code_name(e.code()), e.what(), e.node(), e.op());
  } catch (const std::bad_alloc&) {
    error = error_object("OutOfMemory", "the engine's memory is exhausted", "", "");
  } catch (const std::exception& e) {
    error = error_object("Internal", e.what(), "", "");
  }
  error.throw_();
}

}  // namespace octavo::bindings
