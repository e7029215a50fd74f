// Element types.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "tensor/half.h"

namespace octavo {

enum class DType : uint8_t {
#define OCTAVO_DTYPE(dtype, type, bits, onnx, name) dtype,
#include "tensor/dtypes.inc"
#undef OCTAVO_DTYPE
};

struct DTypeInfo {
  DType dtype;
  uint8_t bits;
  uint8_t onnx;           // TensorProto.DataType
  std::string_view name;  // as onnxruntime-common gives it: "float32", "int8", "bool" and so on
};

// By DType.
inline constexpr DTypeInfo kDTypes[] = {
#define OCTAVO_DTYPE(dtype, type, bits, onnx, name) {DType::dtype, bits, onnx, name},
#include "tensor/dtypes.inc"
#undef OCTAVO_DTYPE
};

constexpr const DTypeInfo& info_of(DType dtype) { return kDTypes[static_cast<std::size_t>(dtype)]; }
// Bytes an element takes.
constexpr std::size_t size_of(DType dtype) { return info_of(dtype).bits / 8; }
constexpr std::string_view dtype_name(DType dtype) { return info_of(dtype).name; }
// The type of a TensorProto.DataType, where it is one of these.
std::optional<DType> dtype_of_onnx(int64_t data_type);

// The dtype of a C++ element type. bool tensors hold one byte an element, 0 or 1.
template <class T>
inline constexpr DType dtype_of = [] {
  static_assert(sizeof(T) == 0, "no DType for this C++ type");
  return DType::f32;
}();
#define OCTAVO_DTYPE(dtype, type, bits, onnx, name) \
  template <> inline constexpr DType dtype_of<type> = DType::dtype;
#include "tensor/dtypes.inc"
#undef OCTAVO_DTYPE

// A list of C++ element types: what an operator takes, once for the check and for the dispatch.
template <class... Ts> struct Types {
  static constexpr bool contains(DType dtype) { return ((dtype == dtype_of<Ts>) || ...); }
};

namespace detail {
template <class Nothing, class... Ts> Types<Ts...> without_first(Types<Nothing, Ts...>);
}
using EveryType = decltype(detail::without_first(Types<void
#define OCTAVO_DTYPE(dtype, type, bits, onnx, name) , type
#include "tensor/dtypes.inc"
#undef OCTAVO_DTYPE
                                                       >{}));
// What QuantizeLinear and DequantizeLinear know.
using QuantizedTypes = Types<uint8_t, int8_t, uint16_t, int16_t, int32_t>;

// Calls f with a value of the C++ type of `dtype`, which is one of the list: visit(Types<float, int32_t>{}, d, []<class
// T>(T) { … }). Does nothing for another dtype: shape inference has refused it.
template <class... Ts, class F> void visit(Types<Ts...>, DType dtype, F&& f) {
  (void)((dtype == dtype_of<Ts> && (f(Ts{}), true)) || ...);
}

}  // namespace octavo
