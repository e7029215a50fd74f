// Loops over neighbouring elements, sixteen bytes at a time. They are written with the compiler's vector types rather
// than intrinsics, so that one definition of a function serves vectors and, in scalar builds, single elements. Loops
// left to the vectorizer would bring a check for overlap and a second loop each, which is too much to download.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

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

/// Where an operand of `map` is read: at data[i & mask].
template <class T> struct OperandView {
  const T* data;
  size_t mask;
};

/// A run of elements.
template <class T> struct Run {
  const T* data;
  OperandView<T> view() const { return {data, ~size_t{0}}; }
};

/// A run of elements, or one element that serves for all.
template <class T> class Operand {
 public:
  Operand(const T* data, bool steps) : view_{steps ? data : copies_, steps ? ~size_t{0} : 0} {
    if (!steps) store(copies_, splat(*data));
  }
  Operand(const Operand&) = delete;
  OperandView<T> view() const { return view_; }

 private:
  T copies_[lanes<T>];
  OperandView<T> view_;
};

/// out[i] = f(in[i]…) for i in [0, n), f on Vector<T>. What an operand reads may be `out` itself. The last elements,
/// fewer than a vector, go through copies and the same loop once more, so that there is one f in the code.
template <class T, class F, class... Operands>
inline void map(size_t n, T* out, F f, const Operands&... operands) {
  OperandView<T> in[] = {operands.view()...};
  T last_in[sizeof...(operands)][lanes<T>] = {}, last_out[lanes<T>];
  const size_t rest = n % lanes<T>;
  T* to = out;
  size_t end = n - rest;
#pragma clang loop unroll(disable)
  for (bool is_last = false;; is_last = true) {
    for (size_t i = 0; i < end; i += lanes<T>) {
      [&]<size_t... k>(std::index_sequence<k...>) {
        store(to + i, f(load(in[k].data + (i & in[k].mask))...));
      }(std::index_sequence_for<Operands...>());
    }
    if (is_last || rest == 0) break;
    for (size_t k = 0; k < sizeof...(operands); ++k) {
      std::memcpy(last_in[k], in[k].data + (end & in[k].mask), rest * sizeof(T));
      in[k].data = last_in[k];
    }
    to = last_out;
    end = lanes<T>;
  }
  if (rest > 0) std::memcpy(out + (n - rest), last_out, rest * sizeof(T));
}

}  // namespace octavo::kernels
