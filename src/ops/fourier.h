// The discrete Fourier transform of one line of any length, in float64.
#pragma once

#include <cstdint>

#include "ops/scratch.h"

namespace octavo {

struct Complex {
  double re, im;
};

// y[k] = Σ x[j] e^(-2πijk/n), or with the other sign and divided by n. Takes n log n steps: even lengths are halved,
// odd ones summed up directly where they are short and else told as a convolution of a power of two (Bluestein).
class Fourier {
 public:
  // Bytes that a Fourier of length n takes of a Scratch.
  static uint64_t scratch(int64_t n);
  // Makes the tables, and transforms nothing; n >= 1.
  Fourier(int64_t n, bool inverse, Scratch& scratch);

  // What is transformed: n numbers, which transform does not keep.
  Complex* input() const { return x_; }
  // The transform of input(), valid until the next one.
  const Complex* transform() const;

 private:
  const Complex* convolve() const;

  int64_t n_, m_;  // m: the length of the convolution, 0 where there is none
  double scale_;
  Complex *x_, *y_, *roots_;  // roots[k] = e^(∓2πik/n), and e^(-2πik/m) of a convolution
  Complex *chirp_, *response_,
      *folded_;  // of a convolution: e^(∓πik²/n), the transform of its inverse, and its input
};

}  // namespace octavo
