#include "kernels/eltwise/accumulate.h"

#include "kernels/vectors.h"

namespace octavo::kernels {

void accumulate(float decay, float rate, const float* x, size_t n, float* slot) {
  map(
      n, slot, [=](Vector<float> old, Vector<float> v) { return decay * old + rate * v; }, Run<float>{slot},
      Run<float>{x});
}

}  // namespace octavo::kernels
