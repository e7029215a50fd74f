// sin, cos and tan. Those of the C library reduce any float64 exactly, with a table of 3 KB and as much code.
#pragma once

namespace octavo::kernels {

/// Within 1e-15 of the largest for angles below 2^53. From there on x counts as a float32, of which the result is that.
/// NaN of infinities and NaN.
double sine(double x);
double cosine(double x);
double tangent(double x);

}  // namespace octavo::kernels
