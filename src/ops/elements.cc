#include "ops/elements.h"

#include <limits>

#include "base/error.h"

namespace octavo {

namespace {

// Truncates towards zero; saturates, where ONNX leaves out-of-range results open; NaN gives 0.
template <class T> T saturate(double x) {
  using Limits = std::numeric_limits<T>;
  // One past the largest T: unlike that itself a power of two, and exact in float64.
  constexpr double kEnd = 2.0 * static_cast<double>(uint64_t{1} << (Limits::digits - 1));
  if (x >= kEnd) return Limits::max();
  if (x <= static_cast<double>(Limits::min())) return Limits::min();
  return x == x ? static_cast<T>(x) : 0;
}

template <class To> To convert(double x) {
  if constexpr (std::is_same_v<To, bool>)
    return x != 0;
  else if constexpr (std::is_integral_v<To>)
    return saturate<To>(x);
  else
    return static_cast<To>(x);
}

// Integers keep their low bits.
template <class To> To convert(int64_t x) {
  if constexpr (std::is_arithmetic_v<To>)
    return static_cast<To>(x);
  else
    return To(static_cast<float>(x));
}

template <class Middle, class From> Middle widen(From x) {
  if constexpr (std::is_arithmetic_v<From>)
    return static_cast<Middle>(x);
  else
    return static_cast<Middle>(static_cast<double>(x));
}

}  // namespace

void require_kind(const InferContext& ctx, std::size_t i, unsigned kinds) {
  constexpr std::pair<unsigned, std::string_view> kNames[] = {{kFloat, "float32, float64"},
                                                              {kSigned, "signed integers"},
                                                              {kUnsigned, "unsigned integers"},
                                                              {kBoolean, "bool"}};
  const DType dtype = ctx.dtype(i);
  const unsigned kind = Types<float, double>::contains(dtype)                           ? kFloat
                        : Types<int8_t, int16_t, int32_t, int64_t>::contains(dtype)     ? kSigned
                        : Types<uint8_t, uint16_t, uint32_t, uint64_t>::contains(dtype) ? kUnsigned
                        : dtype == DType::boolean                                       ? kBoolean
                                                                                        : 0;
  if ((kinds & kind) != 0) return;
  std::string supported;
  for (const auto& [bit, name] : kNames)
    if ((kinds & bit) != 0) supported += text("{}{}", supported.empty() ? "" : ", ", name);
  fail(ErrorCode::unsupported, "input {} is {}; supported: {}", i, dtype_name(dtype), supported);
}

template <class Middle> void load_elements(const TensorView& x, int64_t start, int64_t n, Middle* out) {
  if (x.dtype == DType::boolean) {
    for (const uint8_t* flag = x.as<uint8_t>() + start; n > 0; --n)
      *out++ = static_cast<Middle>(*flag++ != 0);
    return;
  }
  visit(EveryType{}, x.dtype, [&]<class From>(From) {
    const From* from = x.as<From>() + start;
    for (int64_t i = 0; i < n; ++i) out[i] = widen<Middle>(from[i]);
  });
}

template <class Middle>
void store_elements(const Middle* from, const TensorView& y, int64_t start, int64_t n) {
  visit(EveryType{}, y.dtype, [&]<class To>(To) {
    To* to = y.as<To>() + start;
    for (int64_t i = 0; i < n; ++i) to[i] = convert<To>(from[i]);
  });
}

// Signed and unsigned integers have the same low bits: one loop for both.
DType unsigned_of(DType dtype) {
  switch (dtype) {
    case DType::s8: return DType::u8;
    case DType::s16: return DType::u16;
    case DType::s32: return DType::u32;
    case DType::s64: return DType::u64;
    default: return dtype;
  }
}

template <> void store_elements(const int64_t* from, const TensorView& y, int64_t start, int64_t n) {
  using Stored = Types<uint8_t, uint16_t, uint32_t, uint64_t, bool, float, double, Float16, BFloat16>;
  visit(Stored{}, unsigned_of(y.dtype), [&]<class To>(To) {
    To* to = y.as<To>() + start;
    for (int64_t i = 0; i < n; ++i) to[i] = convert<To>(from[i]);
  });
}

template void load_elements(const TensorView&, int64_t, int64_t, double*);
template void load_elements(const TensorView&, int64_t, int64_t, int64_t*);
template void store_elements(const double*, const TensorView&, int64_t, int64_t);

}  // namespace octavo
