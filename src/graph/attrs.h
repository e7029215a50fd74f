// The attributes of a node.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "tensor/tensor.h"

namespace octavo {

// An attribute's value: what ONNX calls INT, FLOAT, STRING, INTS, FLOATS, STRINGS and TENSOR.
using AttrValue = std::variant<int64_t, float, std::string, std::vector<int64_t>, std::vector<float>,
                               std::vector<std::string>, ConstantTensor>;

// Named attribute values in the order in which they were set, those named kMetadataPrefix… behind the others, as in a
// file. The getters allocate nothing, so that `run` may call them: strings and lists are views of the attribute. They
// throw Error(invalid_graph) when it is there with another type.
class Attrs {
 public:
  bool has(std::string_view name) const { return find(name) != nullptr; }
  int64_t get_int(std::string_view name, int64_t fallback) const;
  float get_float(std::string_view name, float fallback) const;
  std::string_view get_string(std::string_view name, std::string_view fallback) const;
  // Empty when absent.
  std::span<const int64_t> get_ints(std::string_view name) const;
  std::span<const float> get_floats(std::string_view name) const;
  // Null when absent.
  ConstantTensor get_tensor(std::string_view name) const;

  // Adds the attribute or replaces its value.
  void set(std::string_view name, AttrValue value);
  void erase(std::string_view name);

  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }
  bool empty() const { return entries_.empty(); }

 private:
  const AttrValue* find(std::string_view name) const;
  std::vector<std::pair<std::string, AttrValue>> entries_;
};

// Attributes whose name starts so are Octavo's own. The writer keeps them in the node's metadata, where other
// runtimes ignore them, and the reader restores them.
inline constexpr std::string_view kMetadataPrefix = "octavo.";

// What passes tell operators while they lower a graph. No file says it.
inline constexpr std::string_view kLoweredAttributes[] = {"activation_min", "activation_max", "channels_last",
                                                          "qmin", "qmax"};

}  // namespace octavo
