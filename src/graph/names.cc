#include "graph/names.h"

#include "base/error.h"

namespace octavo {

std::string Names::take_unique(std::string_view stem) {
  if (take(stem)) return std::string(stem);
  int& suffix = last_suffix_.emplace(stem, 1).first->second;
  std::string name;
  do name = text("{}_{}", stem, ++suffix);
  while (!take(name));
  return name;
}

}  // namespace octavo
