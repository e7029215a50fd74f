// 16-bit floats of a file: what goes in and out has the type that the file says, what is computed is float32.
#pragma once

#include "onnx/upgrade.h"

namespace octavo::onnx {

// Gives an input or output of a graph under construction, which is float32 so far, the 16-bit type that the file gives
// it, behind or before a Cast. A Cast that the file has there is the one, so that what is written is read as it is.
void cast_border(Draft& draft, ValueId border, DType half);

}  // namespace octavo::onnx
