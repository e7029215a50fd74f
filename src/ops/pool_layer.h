// What float and integer pooling have in common: shapes and geometry.
#pragma once

#include "graph/op_def.h"
#include "kernels/pool/pool.h"

namespace octavo {

// Sets output 0, of `dtype`, to input 0 [n, c, spatial…] (or [n, spatial…, c] with "channels_last") under the window that
// the attributes describe. Throws Error(unsupported) for more than 3 spatial axes.
void infer_pool(InferContext& ctx, DType dtype);
// The same with one window over everything: all spatial sizes become 1.
void infer_global_pool(InferContext& ctx, DType dtype);

// The geometry for an input of static shape.
kernels::PoolGeometry pool_geometry(const Attrs& attrs, const Shape& x);
kernels::PoolGeometry global_pool_geometry(const Attrs& attrs, const Shape& x);

}  // namespace octavo
