// Names of values or of nodes, each of which may be there only once.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace octavo {

class Names {
 public:
  // False when the name is taken.
  bool take(std::string_view name) { return taken_.emplace(name).second; }
  // Takes and returns `stem` or, where that is taken, the first free one of stem_2, stem_3, …
  std::string take_unique(std::string_view stem);

 private:
  std::set<std::string, std::less<>> taken_;
  std::map<std::string, int, std::less<>>
      last_suffix_;  // by stem: a thousand equal names take a thousand steps
};

}  // namespace octavo
