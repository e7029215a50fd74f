// Members of JavaScript objects.
#pragma once

#include <emscripten/val.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "strings.h"

namespace octavo::bindings {

// One function a kind of value: Embind's own are templates by the length of the name, too.
inline void set(emscripten::val& object, const char* name, const emscripten::val& value) {
  object.set(name, value);
}
inline void set(emscripten::val& object, const char* name, double value) { object.set(name, value); }
inline void set(emscripten::val& object, const char* name, std::string_view value) {
  object.set(name, string_to_js(std::string(value)));
}

// Where a file lies that is kept in the heap: { pointer, bytes }.
inline emscripten::val place(const std::string& file) {
  emscripten::val range = emscripten::val::object();
  set(range, "pointer", static_cast<double>(reinterpret_cast<uintptr_t>(file.data())));
  set(range, "bytes", static_cast<double>(file.size()));
  return range;
}

}  // namespace octavo::bindings
