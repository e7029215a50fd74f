// Split of any dtype: neighbouring parts of one axis. ONNX Split-13 … Split-18.
#include <algorithm>
#include <cstring>
#include <limits>

#include "base/error.h"
#include "ops/along_axis.h"
#include "ops/operands.h"

namespace octavo {

namespace {

constexpr AttrDef kAttributes[] = {{"axis", AttrKind::integer}, {"num_outputs", AttrKind::integer}};

int axis_of(const ShapeContext& ctx) {
  return normalize_axis(ctx.attrs().get_int("axis", 0), ctx.shape(0).rank());
}

// The size of all parts but those at the end, which may be smaller.
int64_t equal_part(const Attrs& attrs, int64_t dim, int64_t outputs) {
  const int64_t count = attrs.get_int("num_outputs", outputs);
  require(count >= outputs && count > 0, ErrorCode::invalid_graph,
          "num_outputs is {}, but there are {} outputs", count, outputs);
  return dim / count + (dim % count != 0);
}

void infer(InferContext& ctx) {
  Shape y = ctx.shape(0);
  const int axis = normalize_axis(ctx.attrs().get_int("axis", 0), y.rank());
  const int64_t dim = y[axis], outputs = static_cast<int64_t>(ctx.outputs.size());
  const auto sizes = ctx.has(1) ? ctx.known_ints(1) : std::nullopt;
  if (sizes) {
    require(static_cast<int64_t>(sizes->size()) >= outputs, ErrorCode::invalid_graph,
            "has {} parts, but {} outputs", sizes->size(), outputs);
    int64_t left = dim == kDynamic ? kMaxTensorBytes : dim;
    for (int64_t size : *sizes) {
      require(size >= 0 && size <= left, ErrorCode::invalid_graph,
              "a part of {} does not fit axis {} of shape {}", size, axis, ctx.shape(0));
      left -= size;
    }
    require(left == 0 || dim == kDynamic, ErrorCode::invalid_graph,
            "the parts leave {} elements of axis {} of shape {}", left, axis, ctx.shape(0));
  }
  const bool is_equal = !ctx.has(1) && dim != kDynamic;
  const int64_t part = is_equal ? equal_part(ctx.attrs(), dim, outputs) : 0;
  int64_t left = dim;
  for (int64_t i = 0; i < outputs; ++i) {
    y[axis] = kDynamic;
    if (sizes) y[axis] = (*sizes)[static_cast<std::size_t>(i)];
    if (is_equal) left -= y[axis] = std::min(part, left);
    ctx.set(static_cast<std::size_t>(i), ctx.dtype(0), y);
  }
}

struct SplitPlan {
  AlongAxis x;
  int64_t part;  // 0: input 1 has the sizes
};

StepPlan plan(const PlanContext& ctx) {
  const AlongAxis x(ctx.shape(0), axis_of(ctx));
  const auto outputs = static_cast<int64_t>(ctx.outputs.size());
  return {.state = PlanState(SplitPlan{x, ctx.has(1) ? 0 : equal_part(ctx.attrs(), x.size, outputs)})};
}

void run(RunContext& ctx) {
  const auto& [x, part] = ctx.planned<SplitPlan>();
  const auto row = static_cast<std::size_t>(x.inner) * size_of(ctx.inputs[0].dtype);
  const std::byte* from = ctx.inputs[0].data;
  int64_t left = x.size;
  for (std::size_t i = 0; i < ctx.outputs.size(); ++i) {
    const int64_t size = ctx.has(1) ? int_at(ctx.inputs[1], static_cast<int64_t>(i)) : std::min(part, left);
    const std::size_t bytes = size * row;
    if (ctx.outputs[i].present())
      for (int64_t outer = 0; outer < x.outer; ++outer)
        std::memcpy(ctx.outputs[i].data + outer * bytes, from + outer * x.size * row, bytes);
    from += bytes;
    left -= size;
  }
}

OCTAVO_OPERATOR(split, {.name = "Split",
                        .max_inputs = 2,
                        .max_outputs = std::numeric_limits<int>::max(),
                        .attributes = kAttributes,
                        .infer = infer,
                        .plan = plan,
                        .run = run,
                        .shape_operands = 1 << 1,
                        .quant = kMovesElements});

}  // namespace

}  // namespace octavo
