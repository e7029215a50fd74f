// Cast between all dtypes. ONNX Cast-6 … Cast-21.
//
// Elements pass through float64 when either side is a float, else through int64.
#include <algorithm>
#include <optional>

#include "base/error.h"
#include "ops/elements.h"
#include "ops/operands.h"

namespace octavo {

namespace {

constexpr AttrDef kAttributes[] = {{"saturate", AttrKind::integer}, {"to", AttrKind::integer}};

// Attribute "to" is a TensorProto.DataType.
DType target(const Attrs& attrs) {
  const int64_t type = attrs.get_int("to", 0);
  const auto dtype = dtype_of_onnx(type);
  require(dtype.has_value(), ErrorCode::unsupported, "data type ", type,
          " of attribute 'to' is not supported");
  return *dtype;
}

template <class Middle> void cast(const TensorView& x, const TensorView& y) {
  Middle middle[kChunk];
  const int64_t count = x.shape.elements();
  for (int64_t start = 0; start < count; start += kChunk) {
    const int64_t n = std::min(kChunk, count - start);
    load_elements(x, start, n, middle);
    store_elements(middle, y, start, n);
  }
}

void infer(InferContext& ctx) { ctx.set(0, target(ctx.attrs()), ctx.shape(0)); }

void run(RunContext& ctx) {
  const TensorView &x = ctx.inputs[0], &y = ctx.outputs[0];
  if (x.dtype == y.dtype)
    copy_input(ctx);
  else if (is_float(x.dtype) || is_float(y.dtype))
    cast<double>(x, y);
  else
    cast<int64_t>(x, y);
}

StepPlan plan(const PlanContext& ctx) { return {.is_view = ctx.inputs[0].dtype == ctx.outputs[0].dtype}; }

OCTAVO_OPERATOR(op, {.name = "Cast",
                     .attributes = kAttributes,
                     .infer = infer,
                     .plan = plan,
                     .run = run,
                     .same_dtype = false,
                     .converts = true,
                     .layout = LayoutRule::elementwise});

}  // namespace

}  // namespace octavo
