// Cast and CastLike between all dtypes. ONNX Cast-6 … Cast-25, CastLike-15 … CastLike-25.
//
// Elements pass through float64 when either side is a float, else through int64.
#include <optional>
#include <span>

#include "base/error.h"
#include "ops/elements.h"
#include "ops/operands.h"
#include "ops/parallel.h"

namespace octavo {

namespace {

constexpr AttrDef kAttributes[] = {{"saturate", AttrKind::integer}, {"to", AttrKind::integer}};
constexpr std::span<const AttrDef> kLikeAttributes{kAttributes, 1};

// Attribute "to" is a TensorProto.DataType.
DType target(const Attrs& attrs) {
  const int64_t type = attrs.get_int("to", 0);
  const auto dtype = dtype_of_onnx(type);
  require(dtype.has_value(), ErrorCode::unsupported, "data type {} of attribute 'to' is not supported", type);
  return *dtype;
}

void infer(InferContext& ctx) { ctx.set(0, target(ctx.attrs()), ctx.shape(0)); }
void infer_like(InferContext& ctx) { ctx.set(0, ctx.dtype(1), ctx.shape(0)); }

template <class Middle> void cast(RunContext& ctx) {
  const TensorView &x = ctx.inputs[0], &y = ctx.outputs[0];
  parallel_elements(ctx.kernels, x.shape.elements(), 4, [&](int64_t begin, int64_t end) {
    map_elements<Middle>(x, y, begin, end, [](Middle*, int64_t) {});
  });
}

void run(RunContext& ctx) {
  const TensorView &x = ctx.inputs[0], &y = ctx.outputs[0];
  if (x.dtype == y.dtype)
    copy_input(ctx);
  else if (is_float(x.dtype) || is_float(y.dtype))
    cast<double>(ctx);
  else
    cast<int64_t>(ctx);
}

StepPlan plan(const PlanContext& ctx) { return {.is_view = ctx.inputs[0].dtype == ctx.outputs[0].dtype}; }

OCTAVO_OPERATOR(cast_to, {.name = "Cast",
                          .attributes = kAttributes,
                          .infer = infer,
                          .plan = plan,
                          .run = run,
                          .same_dtype = false,
                          .converts = true,
                          .layout = LayoutRule::elementwise});

// Of input 1 only the type is read: its axes are no concern of a permutation.
bool permute(Graph&, Node&, std::span<const int>) { return true; }

OCTAVO_OPERATOR(cast_like, {.name = "CastLike",
                            .since = 15,
                            .min_inputs = 2,
                            .max_inputs = 2,
                            .attributes = kLikeAttributes,
                            .infer = infer_like,
                            .plan = plan,
                            .run = run,
                            .dtype_input = 1,
                            .converts = true,
                            .layout = LayoutRule::permutable,
                            .permute = permute});

}  // namespace

}  // namespace octavo
