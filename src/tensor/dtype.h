// Element types.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace octavo {

enum class DType : uint8_t { f32, f64, s8, u8, s16, u16, s32, u32, s64, u64, boolean };

// Bytes an element takes.
constexpr std::size_t size_of(DType dtype) {
  switch (dtype) {
    case DType::s8:
    case DType::u8:
    case DType::boolean: return 1;
    case DType::s16:
    case DType::u16: return 2;
    case DType::f32:
    case DType::s32:
    case DType::u32: return 4;
    case DType::f64:
    case DType::s64:
    case DType::u64: return 8;
  }
  return 0;
}

// The name that onnxruntime-common gives the type: "float32", "int8", "bool" and so on.
std::string_view dtype_name(DType dtype);

// The dtype of a C++ element type. bool tensors hold one byte an element, 0 or 1.
template <class T>
inline constexpr DType dtype_of = [] {
  static_assert(sizeof(T) == 0, "no DType for this C++ type");
  return DType::f32;
}();
template <> inline constexpr DType dtype_of<float> = DType::f32;
template <> inline constexpr DType dtype_of<double> = DType::f64;
template <> inline constexpr DType dtype_of<int8_t> = DType::s8;
template <> inline constexpr DType dtype_of<uint8_t> = DType::u8;
template <> inline constexpr DType dtype_of<int16_t> = DType::s16;
template <> inline constexpr DType dtype_of<uint16_t> = DType::u16;
template <> inline constexpr DType dtype_of<int32_t> = DType::s32;
template <> inline constexpr DType dtype_of<uint32_t> = DType::u32;
template <> inline constexpr DType dtype_of<int64_t> = DType::s64;
template <> inline constexpr DType dtype_of<uint64_t> = DType::u64;
template <> inline constexpr DType dtype_of<bool> = DType::boolean;

// Calls f with a value of the C++ element type of `dtype`: visit_dtype(d, []<class T>(T) { ... }).
template <class F> decltype(auto) visit_dtype(DType dtype, F&& f) {
  switch (dtype) {
    case DType::f64: return f(double{});
    case DType::s8: return f(int8_t{});
    case DType::u8: return f(uint8_t{});
    case DType::s16: return f(int16_t{});
    case DType::u16: return f(uint16_t{});
    case DType::s32: return f(int32_t{});
    case DType::u32: return f(uint32_t{});
    case DType::s64: return f(int64_t{});
    case DType::u64: return f(uint64_t{});
    case DType::boolean: return f(bool{});
    case DType::f32: break;
  }
  return f(float{});
}

}  // namespace octavo
