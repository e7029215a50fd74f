#include "graph/attr_list.h"

namespace octavo {

void AttrEntry::add_to(Attrs& attrs) const {
  const auto count = static_cast<std::size_t>(number_);
  switch (kind_) {
    case AttrKind::real: attrs.set(name_, std::bit_cast<float>(static_cast<int32_t>(number_))); break;
    case AttrKind::string: attrs.set(name_, std::string(static_cast<const char*>(data_), count)); break;
    case AttrKind::integers: {
      const auto* const first = static_cast<const int64_t*>(data_);
      attrs.set(name_, std::vector(first, first + count));
      break;
    }
    default: attrs.set(name_, number_);
  }
}

Attrs attributes(AttrList entries) {
  Attrs attrs;
  for (const AttrEntry& entry : entries) entry.add_to(attrs);
  return attrs;
}

}  // namespace octavo
