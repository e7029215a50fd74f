#include "strings.h"

#include <new>

#include "base/error.h"

namespace octavo::bindings {

using emscripten::val;

namespace {

// Embind keeps a string's length before its bytes and a zero behind them.
constexpr std::size_t kAround = 16;
constexpr std::size_t kBytesPerUtf16Unit = 3;

// What fitted a moment ago fits again.
void check_room(std::size_t bytes) { ::operator delete(::operator new(bytes + kAround)); }

}  // namespace

val string_to_js(const std::string& text) {
  check_room(text.size());
  return val(text);
}

std::string string_from_js(const val& value, std::string_view what) {
  require(value.isString(), ErrorCode::invalid_option, "{} is not a string", what);
  check_room(kBytesPerUtf16Unit * value["length"].as<std::size_t>());
  return value.as<std::string>();
}

}  // namespace octavo::bindings
