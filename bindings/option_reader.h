// Reads options objects of JavaScript.
#pragma once

#include <emscripten/val.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "strings.h"

namespace octavo::bindings {

// The values of an enum by the names that options have for them.
template <class Enum> using Choices = std::initializer_list<std::pair<std::string_view, Enum>>;

// Reads the members of an options object, each of which may be left out. The package has looked for unknown ones.
class OptionReader {
 public:
  explicit OptionReader(const emscripten::val& options) : options_(options) {}

  bool read_bool(const char* name, bool fallback) const {
    if (!has(name)) return fallback;
    check(name, "boolean", "true or false");
    return options_[name].as<bool>();
  }

  double read_number(const char* name, double fallback) const {
    if (!has(name)) return fallback;
    check(name, "number", "a number");
    return options_[name].as<double>();
  }

  // A number, or true for `usual` and false for 0.
  double read_strength(const char* name, double usual) const {
    if (has(name) && options_[name].isTrue()) return usual;
    return has(name) && options_[name].isFalse() ? 0 : read_number(name, 0);
  }

  int read_integer(const char* name, int fallback) const {
    const double number = read_number(name, fallback);
    require(number == std::trunc(number) && std::abs(number) <= std::numeric_limits<int>::max(),
            ErrorCode::invalid_option, "option '{}' is a whole number", name);
    return static_cast<int>(number);
  }

  std::vector<std::string> read_strings(const char* name) const {
    if (!has(name)) return {};
    const bool is_array = emscripten::val::global("Array").call<bool>("isArray", options_[name]);
    require(is_array, ErrorCode::invalid_option, "option '{}' is not an array of strings", name);
    std::vector<std::string> strings;
    const auto count = options_[name]["length"].as<unsigned>();
    for (unsigned i = 0; i < count; ++i)
      strings.push_back(string_from_js(options_[name][i], text("an element of option '{}'", name)));
    return strings;
  }

  template <class Enum> Enum read_choice(const char* name, Choices<Enum> choices, Enum fallback) const {
    if (!has(name)) return fallback;
    std::string allowed;
    for (const auto& choice : choices) allowed += text("{}{}'", allowed.empty() ? "'" : ", '", choice.first);
    emscripten::val value = options_[name];
    if (value.isNumber()) value = value.call<emscripten::val>("toString");
    require(value.isString(), ErrorCode::invalid_option, "option '{}' is one of {}", name, allowed);
    const std::string given = string_from_js(value, name);
    const auto choice = std::ranges::find(choices, given, [](const auto& each) { return each.first; });
    require(choice != choices.end(), ErrorCode::invalid_option, "option '{}' is one of {}", name, allowed);
    return choice->second;
  }

 private:
  bool has(const char* name) const { return !options_[name].isUndefined(); }
  void check(const char* name, const char* type, std::string_view expected) const {
    require(options_[name].typeOf().as<std::string>() == type, ErrorCode::invalid_option, "option '{}' is {}",
            name, expected);
  }

  emscripten::val options_;
};

}  // namespace octavo::bindings
