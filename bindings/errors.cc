#include "errors.h"

#include <new>

#include "engine/engine.h"

namespace octavo::bindings {

using emscripten::val;

namespace {

val error_object(std::string_view code, const std::string& message, const std::string& node,
                 const std::string& op) {
  val error = val::object();
  error.set("code", std::string(code));
  error.set("message", message);
  error.set("node", node);
  error.set("op", op);
  return error;
}

}  // namespace

val current_error() {
  try {
    throw;
  } catch (const Error& e) {
    return error_object(error_code_name(e.code()), e.what(), e.node(), e.op());
  } catch (const std::bad_alloc&) {
    return error_object("OutOfMemory", "the engine's memory is exhausted", "", "");
  } catch (const std::exception& e) {
    return error_object("Internal", e.what(), "", "");
  }
}

}  // namespace octavo::bindings
