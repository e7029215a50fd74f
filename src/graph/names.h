// Names of values or of nodes, each of which may be there only once.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace octavo {

class Names {
 public:
  Names() = default;
  // Beside those of `outer`, which lives longer and gets no more meanwhile: what is taken there is taken here, too.
  explicit Names(const Names* outer) : outer_(outer) {}

  // False when the name is taken.
  bool take(std::string_view name) { return !is_taken_outside(name) && last_suffix_.emplace(name, 1).second; }
  // Takes and returns `stem` or, where that is taken, the first free one of stem_2, stem_3, …
  std::string take_unique(std::string_view stem);

 private:
  bool is_taken_outside(std::string_view name) const {
    return outer_ != nullptr && (outer_->last_suffix_.contains(name) || outer_->is_taken_outside(name));
  }

  const Names* outer_ = nullptr;
  // By name that is taken, also the last number behind it that was tried: a thousand equal names take a thousand steps.
  std::map<std::string, int, std::less<>> last_suffix_;
};

}  // namespace octavo
