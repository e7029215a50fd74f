// Zero points that are chosen for how weights round: half-quadratic quantization.
#pragma once

#include <span>

#include "tensor/qparams.h"

namespace octavo {

// A zero_point for weights w that share the scale of `qparams`, starting from its zero_point z: HQQ (Badri & Shaji
// 2023, "Half-Quadratic Quantization of Large Machine Learning Models"), which needs no data. 20 times, with β = 10 ·
// 1.01^t, p = 0.7 and everything in units of w:
//
//   q = clamp(round(w / s + z), qmin, qmax)      r = (q - z) · s
//   e = sign(w - r) · max(|w - r| - |w - r|^(p - 1) / β, 0)          which minimises |e|^p + β / 2 · (e - (w - r))²
//   z = mean(q - (w - e) / s)                                        which minimises Σ (w - e - (q - z) · s)²
//
// HQQ keeps z as a float. ONNX has integers for it, so it is rounded and clamped to qmin..qmax in the end, which costs
// a part of the gain; the zero_point of `qparams` stays where Σ |w - r|^p is no smaller for it.
int32_t choose_zero_point_hqq(std::span<const float> weights, const QParams& qparams);

}  // namespace octavo
