// Weights that stay float, in 16 bits: half the download, and float32 again as soon as the file is read.
#pragma once

#include <string>

#include "base/flags.h"
#include "graph/graph.h"

namespace octavo::onnx {

// By value: constants of float32 that a file may keep as float16 behind a Cast,
//
// * of which that saves bytes: a Cast has some, too;
// * which are neither scales nor zero points, and decide no shape;
// * whose elements are finite and stay so, and which rounding changes no more, all in all, than it changes numbers in
//   the range of normal halves: Σ (w - float16(w))² ≤ 2⁻²² · Σ w².
//
// What was rounded once is among them again.
Flags find_halves(const Graph& graph);

// float32 as float16, to the nearest, ties to even.
std::string packed_halves(const Tensor& floats);

}  // namespace octavo::onnx
