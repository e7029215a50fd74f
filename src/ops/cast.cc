// Cast between all dtypes. ONNX Cast-6 … Cast-21.
//
// Elements pass through float64 when either side is a float, else through int64, in chunks: one loop a dtype in and one
// out instead of one for each pair.
#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>

#include "base/error.h"
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

bool is_float(DType dtype) { return Types<float, double>::contains(dtype); }

// Truncates towards zero; saturates, where ONNX leaves out-of-range results open; NaN gives 0.
template <class T> T saturate(double x) {
  using Limits = std::numeric_limits<T>;
  // One past the largest T: unlike that itself a power of two, and exact in float64.
  constexpr double kEnd = 2.0 * static_cast<double>(uint64_t{1} << (Limits::digits - 1));
  if (x >= kEnd) return Limits::max();
  if (x <= static_cast<double>(Limits::min())) return Limits::min();
  return x == x ? static_cast<T>(x) : 0;
}

template <class To> To convert(double x) {
  if constexpr (std::is_same_v<To, bool>)
    return x != 0;
  else if constexpr (std::is_floating_point_v<To>)
    return static_cast<To>(x);
  else
    return saturate<To>(x);
}

// Integers keep their low bits.
template <class To> To convert(int64_t x) { return static_cast<To>(x); }

constexpr int64_t kChunk = 256;

template <class Middle> void cast(const TensorView& x, const TensorView& y) {
  Middle middle[kChunk];
  const int64_t count = x.shape.elements();
  for (int64_t start = 0; start < count; start += kChunk) {
    const int64_t n = std::min(kChunk, count - start);
    // Any byte but 0 counts as true.
    visit(EveryType{}, x.dtype == DType::boolean ? DType::u8 : x.dtype, [&]<class From>(From) {
      const From* from = x.as<From>() + start;
      for (int64_t i = 0; i < n; ++i) middle[i] = static_cast<Middle>(from[i]);
    });
    visit(EveryType{}, y.dtype, [&]<class To>(To) {
      To* to = y.as<To>() + start;
      for (int64_t i = 0; i < n; ++i) to[i] = convert<To>(middle[i]);
    });
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
                     .layout = LayoutRule::elementwise});

}  // namespace

}  // namespace octavo
