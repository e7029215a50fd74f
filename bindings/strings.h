// Strings between JavaScript and the heap. Embind allocates for them without asking whether there is any memory, and
// would write to address 0: these ask first, and throw std::bad_alloc.
#pragma once

#include <emscripten/val.h>

#include <string>
#include <string_view>

namespace octavo::bindings {

emscripten::val string_to_js(const std::string& text);

// An array of them.
template <class Strings> emscripten::val strings_to_js(const Strings& strings) {
  emscripten::val list = emscripten::val::array();
  for (const auto& each : strings) list.call<void>("push", string_to_js(std::string(each)));
  return list;
}

// `what` names the value in the Error(invalid_option) that says that it is no string.
std::string string_from_js(const emscripten::val& value, std::string_view what);

}  // namespace octavo::bindings
