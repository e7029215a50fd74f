// Attributes of a node to be made, written in place.
#pragma once

#include <bit>
#include <initializer_list>
#include <span>
#include <string_view>

#include "graph/attrs.h"

namespace octavo {

// An attribute in place: a view, which has nothing to give back.
class AttrEntry {
 public:
  AttrEntry(Name name, int64_t value) : name_(name), kind_(AttrKind::integer), number_(value) {}
  AttrEntry(Name name, float value)
      : name_(name), kind_(AttrKind::real), number_(std::bit_cast<int32_t>(value)) {}
  AttrEntry(Name name, std::string_view value)
      : name_(name), kind_(AttrKind::string), data_(value.data()), number_(std::ssize(value)) {}
  AttrEntry(Name name, std::span<const int64_t> value)
      : name_(name), kind_(AttrKind::integers), data_(value.data()), number_(std::ssize(value)) {}

  void add_to(Attrs& attrs) const;

 private:
  Name name_;
  AttrKind kind_;
  const void* data_ = nullptr;
  int64_t number_;  // the value, or how many elements there are
};

// Attributes in place: {{"axis", int64_t{1}}}.
using AttrList = std::initializer_list<AttrEntry>;

Attrs attributes(AttrList entries);

}  // namespace octavo
