#include "kernels/resize/resize.h"

#include <algorithm>
#include <cstring>

#include "kernels/vectors.h"

namespace octavo::kernels {

namespace {

// Calls line(first row, input line, x, end of x) for the parts of lines along the axis that the rows [begin, end) are.
template <class Line> void for_each_line(const ResampledAxis& a, int64_t begin, int64_t end, Line line) {
  while (begin < end) {
    const int64_t outer = begin / a.out, x = begin - outer * a.out;
    const int64_t count = std::min(a.out - x, end - begin);
    line(begin, outer * a.in, x, x + count);
    begin += count;
  }
}

template <class T>
void pick_elements(const ResampledAxis& a, const void* in, void* out, int64_t begin, int64_t end) {
  T outside;
  std::memcpy(&outside, a.outside, sizeof(T));
  for_each_line(a, begin, end, [&](int64_t row, int64_t line, int64_t x, int64_t x_end) {
    const T* from = static_cast<const T*>(in) + line;
    T* to = static_cast<T*>(out) + row;
    for (; x < x_end; ++x) *to++ = a.index[x] < 0 ? outside : from[a.index[x]];
  });
}

// A line of single elements.
void mix_elements(const ResampledAxis& a, const float* in, float* out, int64_t begin, int64_t end) {
  const float outside = *static_cast<const float*>(a.outside);
  const int32_t* index = a.index + begin * a.taps;
  const float* weight = a.weight + begin * a.taps;
  for (int64_t x = begin; x < end; ++x, index += a.taps, weight += a.taps) {
    float sum = outside;
    if (index[0] >= 0) {
      sum = in[index[0]] * weight[0] + in[index[1]] * weight[1];
      for (int64_t t = 2; t < a.taps; t += 2)
        sum += in[index[t]] * weight[t] + in[index[t + 1]] * weight[t + 1];
    }
    *out++ = sum;
  }
}

// A row of more elements than one, as the sum of its taps' rows.
void mix_rows(const ResampledAxis& a, const float* in, int64_t x, float* out) {
  const auto inner = static_cast<size_t>(a.inner);
  const int32_t* const index = a.index + x * a.taps;
  if (index[0] < 0) return void(std::fill_n(out, inner, *static_cast<const float*>(a.outside)));
  for (int64_t t = 0; t < a.taps; t += 2) {
    const float* const weight = a.weight + x * a.taps + t;
    const Vector<float> w0 = splat(weight[0]), w1 = splat(weight[1]);
    const Run<float> r0{in + index[t] * a.inner}, r1{in + index[t + 1] * a.inner};
    if (t == 0)
      map(inner, out, [=](auto p, auto q) { return p * w0 + q * w1; }, r0, r1);
    else
      map(
          inner, out, [=](auto sum, auto p, auto q) { return sum + (p * w0 + q * w1); }, Run<float>{out}, r0,
          r1);
  }
}

}  // namespace

void interpolate(const ResampledAxis& a, const float* in, float* out, int64_t begin, int64_t end) {
  for_each_line(a, begin, end, [&](int64_t row, int64_t line, int64_t x, int64_t x_end) {
    const float* const from = in + line * a.inner;
    float* to = out + row * a.inner;
    if (a.inner == 1) return mix_elements(a, from, to, x, x_end);
    for (; x < x_end; ++x, to += a.inner) mix_rows(a, from, x, to);
  });
}

void pick(const ResampledAxis& a, const void* in, void* out, int size, int64_t begin, int64_t end) {
  if (a.inner == 1) {
    switch (size) {
      case 1: return pick_elements<uint8_t>(a, in, out, begin, end);
      case 2: return pick_elements<uint16_t>(a, in, out, begin, end);
      case 4: return pick_elements<uint32_t>(a, in, out, begin, end);
      default: return pick_elements<uint64_t>(a, in, out, begin, end);
    }
  }
  const int64_t bytes = a.inner * size;
  for_each_line(a, begin, end, [&](int64_t row, int64_t line, int64_t x, int64_t x_end) {
    const auto* const from = static_cast<const std::byte*>(in) + line * bytes;
    auto* to = static_cast<std::byte*>(out) + row * bytes;
    for (; x < x_end; ++x, to += bytes) {
      if (a.index[x] >= 0)
        std::memcpy(to, from + a.index[x] * bytes, static_cast<size_t>(bytes));
      else
        for (int64_t i = 0; i < bytes; i += size) std::memcpy(to + i, a.outside, static_cast<size_t>(size));
    }
  });
}

}  // namespace octavo::kernels
