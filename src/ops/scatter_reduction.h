// How updates meet the elements that they are scattered to.
#pragma once

#include "graph/op_def.h"

namespace octavo {

enum class ScatterReduction : uint8_t { none, add, mul, min, max };

inline constexpr AttrDef kReductionAttribute[] = {{"reduction", AttrKind::string}};

// The attribute "reduction". Throws Error(unsupported) for another name.
ScatterReduction scatter_reduction(const Attrs& attrs);

// y[at + i] = the reduction of y[at + i] and updates[from + i], for n elements of one dtype; NaN stays NaN.
void scatter(ScatterReduction reduction, const TensorView& y, int64_t at, const TensorView& updates,
             int64_t from, int64_t n);

}  // namespace octavo
