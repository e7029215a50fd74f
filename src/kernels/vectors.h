// Loops over neighbouring elements, sixteen bytes at a time. They are written with the compiler's vector types rather than
// intrinsics, so that one definition of a function serves vectors and, in scalar builds, single elements. Loops left to
// the vectorizer would bring a check for overlap and a second loop each, which is too much to download.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/simd.h"

namespace octavo::kernels {

/// Sixteen bytes of T; a single T in scalar builds.
#if OCTAVO_SIMD
template <class T> struct VectorOf {
  using type = T __attribute__((vector_size(16)));
};
#else
template <class T> struct VectorOf {
  using type = T;
};
#endif
template <class T> using Vector = typename VectorOf<T>::type;
template <class T> inline constexpr size_t lanes = sizeof(Vector<T>) / sizeof(T);

/// Subtraction, as it keeps the sign of zero.
template <class T> inline Vector<T> splat(T x) { return x - Vector<T>{}; }

template <class V> inline V select(auto condition, V yes, V no) { return condition ? yes : no; }
/// a where neither is larger or one is NaN.
template <class V> inline V larger(V a, V b) { return select(a < b, b, a); }
template <class V> inline V smaller(V a, V b) { return select(b < a, b, a); }
/// min(max(x, lo), hi); NaN passes through.
template <class V> inline V clamp_between(V x, V lo, V hi) { return smaller(larger(x, lo), hi); }

template <class T> inline Vector<T> load(const T* p) {
  Vector<T> v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
template <class T> inline void store(T* p, Vector<T> v) { std::memcpy(p, &v, sizeof v); }

/// A run of elements, read where it lies. `first` reads the first `count` lanes and leaves the others zero.
template <class T> struct Run {
  const T* data;
  Vector<T> at(size_t i) const { return load(data + i); }
  Vector<T> first(size_t i, size_t count) const {
    Vector<T> v{};
    std::memcpy(&v, data + i, count * sizeof(T));
    return v;
  }
};

/// A run of elements, or one element that serves for all.
template <class T> class Operand {
 public:
  Operand(const T* data, bool steps) : data_(steps ? data : copies_), mask_(steps ? ~size_t{0} : 0) {
    if (!steps) store(copies_, splat(*data));
  }
  Operand(const Operand&) = delete;
  Vector<T> at(size_t i) const { return load(data_ + (i & mask_)); }
  Vector<T> first(size_t i, size_t count) const { return Run<T>{data_}.first(i & mask_, count); }

 private:
  T copies_[lanes<T>];
  const T* data_;
  size_t mask_;
};

/// out[i] = f(in[i]…) for i in [0, n), f on Vector<T>. What an operand reads may be `out` itself.
template <class T, class F, class... Operands> inline void map(size_t n, T* out, F f, const Operands&... in) {
  size_t i = 0;
  for (; i + lanes<T> <= n; i += lanes<T>) store(out + i, f(in.at(i)...));
  if (i == n) return;
  const Vector<T> last = f(in.first(i, n - i)...);
  std::memcpy(out + i, &last, (n - i) * sizeof(T));
}

}  // namespace octavo::kernels
