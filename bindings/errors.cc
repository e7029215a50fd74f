#include "errors.h"

namespace octavo::bindings {

using emscripten::val;

val error_object(std::string_view code, const std::string& message, const std::string& node, const std::string& op) {
  val error = val::object();
  error.set("code", std::string(code));
  error.set("message", message);
  error.set("node", node);
  error.set("op", op);
  return error;
}

}  // namespace octavo::bindings
