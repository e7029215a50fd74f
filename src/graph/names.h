// Names of values or of nodes, each of which may be there only once.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace octavo {

class Names {
 public:
  // False when the name is taken.
  bool take(std::string_view name) { return last_suffix_.emplace(name, 1).second; }
  // Takes and returns `stem` or, where that is taken, the first free one of stem_2, stem_3, …
  std::string take_unique(std::string_view stem);

 private:
  // By name that is taken, also the last number behind it that was tried: a thousand equal names take a thousand steps.
  std::map<std::string, int, std::less<>> last_suffix_;
};

}  // namespace octavo
