// The attributes of a node.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/name.h"
#include "tensor/tensor.h"

namespace octavo {

// An attribute's value: what ONNX calls INT, FLOAT, STRING, INTS, FLOATS, STRINGS and TENSOR.
using AttrValue = std::variant<int64_t, float, std::string, std::vector<int64_t>, std::vector<float>,
                               std::vector<std::string>, ConstantTensor>;

// The alternatives of AttrValue, in order; and graphs, which become Node::subgraphs.
enum class AttrKind : uint8_t { integer, real, string, integers, reals, strings, tensor, graph };

inline AttrKind kind_of(const AttrValue& value) { return static_cast<AttrKind>(value.index()); }

// An attribute that an operator has.
struct AttrDef {
  Name name = "";
  AttrKind kind = AttrKind::integer;
};

// The attribute of that name, or null.
const AttrDef* find_attribute(std::span<const AttrDef> attributes, std::string_view name);

// Both lists in one.
template <std::size_t A, std::size_t B>
constexpr std::array<AttrDef, A + B> joined(const AttrDef (&a)[A], const AttrDef (&b)[B]) {
  std::array<AttrDef, A + B> all{};
  std::ranges::copy(b, std::ranges::copy(a, all.begin()).out);
  return all;
}

// Named attribute values in the order in which they were set: ONNX's, and nothing else; what Octavo adds is typed
// (graph/node_facts.h). Strings and lists that a getter gives are views of the attribute. The getters throw
// Error(invalid_graph) when it is there with another type.
class Attrs {
 public:
  bool has(std::string_view name) const { return find(name) != nullptr; }
  int64_t get_int(Name name, int64_t fallback) const;
  float get_float(std::string_view name, float fallback) const;
  std::string_view get_string(Name name, std::string_view fallback) const;
  // Empty when absent.
  std::span<const int64_t> get_ints(Name name) const;
  std::span<const float> get_floats(Name name) const;
  // Null when absent.
  ConstantTensor get_tensor(Name name) const;

  // Adds the attribute or replaces its value.
  void set(std::string_view name, AttrValue value);
  void erase(Name name);
  // In the order of an operator's own; behind them what it does not know.
  void put_in_order(std::span<const AttrDef> attributes);

  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }
  bool empty() const { return entries_.empty(); }

 private:
  const AttrValue* find(std::string_view name) const;
  std::vector<std::pair<std::string, AttrValue>> entries_;
};

}  // namespace octavo
