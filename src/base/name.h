// A name that the source spells out.
#pragma once

#include <string_view>

namespace octavo {

// One word, where std::string_view takes two: hundreds of calls in the engine have such a name as an argument.
class Name {
 public:
  constexpr Name(const char* characters) : characters_(characters) {}
  constexpr operator std::string_view() const { return characters_; }
  friend constexpr bool operator==(Name a, std::string_view b) { return std::string_view(a) == b; }
  constexpr bool empty() const { return *characters_ == 0; }

 private:
  const char* characters_;
};

}  // namespace octavo
