// MaxUnpool of any dtype: elements put back to where MaxPool found them, zeros elsewhere. ONNX MaxUnpool-9 … -22.
#include <cstring>

#include "base/error.h"
#include "ops/operands.h"
#include "ops/window.h"

namespace octavo {

namespace {

constexpr AttrDef kAttributes[] = {
    {"kernel_shape", AttrKind::integers}, {"pads", AttrKind::integers}, {"strides", AttrKind::integers}};

enum : std::size_t { kIndices = 1, kOutputShape = 2 };

// The shape of the pooled tensor as far as the attributes say, which the indices count in.
Shape pooled_from(const Attrs& attrs, const Shape& x) {
  const std::span<const int64_t> kernel = attrs.get_ints("kernel_shape");
  require(x.rank() >= 3 && x.rank() <= Window::kMaxSpatialRank + 2 && std::ssize(kernel) == x.rank() - 2,
          ErrorCode::invalid_graph, "kernel_shape has {} values where the input is {}", kernel.size(), x);
  const Window window = read_window(attrs, Dims(kernel));
  Shape y = x;
  for (int i = 0; i < x.rank() - 2; ++i) {
    const WindowAxis& a = window.axes[i];
    if (x[2 + i] == kDynamic) continue;
    y[2 + i] = (x[2 + i] - 1) * a.stride + a.kernel - a.pad_begin - a.pad_end;
    require(y[2 + i] >= 0, ErrorCode::invalid_graph, "shape {} cannot be unpooled", x);
  }
  return y;
}

void infer(InferContext& ctx) {
  require_dtype(ctx, kIndices, Types<int64_t>{});
  const Shape &x = ctx.shape(0), &indices = ctx.shape(kIndices);
  bool fits = indices.rank() == x.rank();
  for (int axis = 0; fits && axis < x.rank(); ++axis)
    fits = indices[axis] == x[axis] || indices[axis] == kDynamic || x[axis] == kDynamic;
  require(fits, ErrorCode::invalid_graph, "indices {} do not fit input {}", indices, x);
  Shape y = pooled_from(ctx.attrs(), x);
  if (ctx.has(kOutputShape)) {
    const int64_t length = ctx.known_length(kOutputShape);
    require(length == x.rank() || length == kDynamic, ErrorCode::invalid_graph,
            "output_shape has {} values where the input is {}", length, x);
    const auto given = ctx.known_ints(kOutputShape);
    for (int axis = 0; axis < x.rank(); ++axis) {
      y[axis] = given ? (*given)[axis] : kDynamic;
      require(!given || y[axis] >= 0, ErrorCode::invalid_graph, "output_shape has the value {}", y[axis]);
    }
  }
  ctx.set(0, ctx.dtype(0), y);
}

StepPlan plan(const PlanContext& ctx) {
  return {.state = PlanState(pooled_from(ctx.attrs(), ctx.shape(0)).dims)};
}

void run(RunContext& ctx) {
  const TensorView &x = ctx.inputs[0], &y = ctx.outputs[0];
  const Shape pooled(ctx.planned<Dims>());
  const std::size_t size = size_of(x.dtype);
  std::memset(y.data, 0, y.bytes());
  const int64_t* const indices = ctx.inputs[kIndices].as<int64_t>();
  const int64_t count = x.shape.elements();
  for (int64_t i = 0; i < count; ++i) {
    int64_t rest = indices[i], to = 0, step = 1;
    bool fits = rest >= 0;
    for (int axis = pooled.rank() - 1; fits && axis >= 0; --axis) {
      fits = pooled[axis] > 0;
      if (!fits) break;
      const int64_t at = rest % pooled[axis];
      fits = at < y.shape[axis];
      rest /= pooled[axis];
      to += at * step;
      step *= y.shape[axis];
    }
    require(fits && rest == 0, ErrorCode::invalid_input, "index {} of a maximum is outside of shape {}",
            indices[i], y.shape);
    std::memcpy(y.data + static_cast<std::size_t>(to) * size, x.data + static_cast<std::size_t>(i) * size,
                size);
  }
}

OCTAVO_OPERATOR(max_unpool, {.name = "MaxUnpool",
                             .since = 9,
                             .min_inputs = 2,
                             .max_inputs = 3,
                             .attributes = kAttributes,
                             .infer = infer,
                             .plan = plan,
                             .run = run,
                             .shape_operands = 1 << kOutputShape});

}  // namespace

}  // namespace octavo
