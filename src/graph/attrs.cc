#include "graph/attrs.h"

#include <algorithm>

#include "base/error.h"

namespace octavo {

namespace {

template <class T> const T* get(const AttrValue* value, std::string_view name) {
  if (value == nullptr) return nullptr;
  const T* held = std::get_if<T>(value);
  require(held != nullptr, ErrorCode::invalid_graph, "attribute '{}' has the wrong type", name);
  return held;
}

}  // namespace

const AttrDef* find_attribute(std::span<const AttrDef> attributes, std::string_view name) {
  for (const AttrDef& attribute : attributes)
    if (attribute.name == name) return &attribute;
  return nullptr;
}

const AttrValue* Attrs::find(std::string_view name) const {
  const auto entry =
      std::ranges::find(entries_, name, [](const auto& e) { return std::string_view(e.first); });
  return entry == entries_.end() ? nullptr : &entry->second;
}

int64_t Attrs::get_int(Name name, int64_t fallback) const {
  const auto* value = get<int64_t>(find(name), name);
  return value ? *value : fallback;
}

float Attrs::get_float(std::string_view name, float fallback) const {
  const auto* value = get<float>(find(name), name);
  return value ? *value : fallback;
}

std::string_view Attrs::get_string(Name name, std::string_view fallback) const {
  const auto* value = get<std::string>(find(name), name);
  return value ? std::string_view(*value) : fallback;
}

std::span<const int64_t> Attrs::get_ints(Name name) const {
  const auto* value = get<std::vector<int64_t>>(find(name), name);
  return value ? std::span(*value) : std::span<const int64_t>();
}

std::span<const float> Attrs::get_floats(Name name) const {
  const auto* value = get<std::vector<float>>(find(name), name);
  return value ? std::span(*value) : std::span<const float>();
}

ConstantTensor Attrs::get_tensor(Name name) const {
  const auto* value = get<ConstantTensor>(find(name), name);
  return value ? *value : nullptr;
}

void Attrs::set(std::string_view name, AttrValue value) {
  std::erase_if(entries_, [&](const auto& entry) { return entry.first == name; });
  entries_.emplace_back(name, std::move(value));
}

void Attrs::put_in_order(std::span<const AttrDef> attributes) {
  std::vector<std::pair<std::string, AttrValue>> ordered;
  ordered.reserve(entries_.size());
  const auto take = [&](std::string_view name) {
    for (auto& entry : entries_) {
      if (entry.first != name) continue;
      ordered.push_back(std::move(entry));
      entry.first.clear();
    }
  };
  for (const AttrDef& known : attributes) take(known.name);
  for (auto& entry : entries_)
    if (!entry.first.empty()) ordered.push_back(std::move(entry));
  entries_ = std::move(ordered);
}

void Attrs::erase(Name name) {
  std::erase_if(entries_, [&](const auto& entry) { return entry.first == std::string_view(name); });
}

}  // namespace octavo
