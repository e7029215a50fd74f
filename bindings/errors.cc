#include "errors.h"

#include <new>
#include <stdexcept>

#include "engine/engine.h"
#include "objects.h"

namespace octavo::bindings {

using emscripten::val;

namespace {

val& kept_error() {
  static val error;
  return error;
}

void keep(std::string_view code, const std::string& message, const std::string& node = {},
          const std::string& op = {}) {
  val error = val::object();
  set(error, "code", code);
  set(error, "message", message);
  set(error, "node", node);
  set(error, "op", op);
  kept_error() = error;
}

void keep_current_error() {
  try {
    throw;
  } catch (const Error& e) {
    keep(error_code_name(e.code()), e.what(), e.node(), e.op());
  } catch (const std::bad_alloc&) {
    keep("OutOfMemory", "the engine's memory is exhausted");
  } catch (const std::length_error&) {
    keep("OutOfMemory", "something is larger than memory can be");
  } catch (const std::exception& e) {
    keep("Internal", e.what());
  }
}

}  // namespace

void keep_error() {
  try {
    keep_current_error();
  } catch (...) {
    // There is no memory for the error's text either. This asks for none.
    kept_error() = val::object();
    set(kept_error(), "code", val::u8string("OutOfMemory"));
    set(kept_error(), "message", val::u8string("the engine's memory is exhausted"));
  }
}

val take_error() {
  val error = kept_error();
  kept_error() = val::undefined();
  return error;
}

}  // namespace octavo::bindings
