// Concat of tensors of any dtype along one axis. ONNX Concat-4 … Concat-13.
#include <cstring>
#include <limits>

#include "base/error.h"
#include "ops/operands.h"

namespace octavo {

namespace {

// The size of an axis on which every input agrees; a dynamic one takes what another input says.
void agree(InferContext& ctx, std::size_t i, int axis, Shape& out) {
  const int64_t dim = ctx.shape(i)[axis];
  const bool fits = out[axis] == kDynamic || dim == kDynamic || dim == out[axis];
  require(fits, ErrorCode::invalid_graph, "input 0 has shape {} but input {} has {}", ctx.shape(0), i,
          ctx.shape(i));
  if (dim != kDynamic) out[axis] = dim;
}

void infer(InferContext& ctx) {
  Shape out = ctx.shape(0);
  const int along = axis_or_last(ctx.attrs(), out);
  for (std::size_t i = 1; i < ctx.inputs.size(); ++i) {
    require(ctx.has(i), ErrorCode::invalid_graph, "input {} is missing", i);
    require_same_dtype(ctx, 0, i);
    require(ctx.shape(i).rank() == out.rank(), ErrorCode::invalid_graph,
            "input 0 has shape {} but input {} has {}", ctx.shape(0), i, ctx.shape(i));
    for (int axis = 0; axis < out.rank(); ++axis)
      if (axis != along) agree(ctx, i, axis, out);
    const bool is_known = out[along] != kDynamic && ctx.shape(i)[along] != kDynamic;
    out[along] = is_known ? out[along] + ctx.shape(i)[along] : kDynamic;
  }
  ctx.set(0, ctx.dtype(0), out);
}

void run(RunContext& ctx) {
  const TensorView& out = ctx.outputs[0];
  const int axis = ctx.planned<int>();
  const int64_t outer = out.shape.elements(0, axis);
  const auto row_bytes = [&](const TensorView& tensor) {
    return static_cast<std::size_t>(tensor.shape.elements(axis, tensor.shape.rank())) * size_of(tensor.dtype);
  };
  const std::size_t out_row = row_bytes(out);
  std::byte* to = out.data;
  for (const TensorView& input : ctx.inputs) {
    const std::size_t row = row_bytes(input);
    for (int64_t i = 0; i < outer; ++i) std::memcpy(to + i * out_row, input.data + i * row, row);
    to += row;
  }
}

constexpr IntegerForm kForm[] = {{DType::u8, DType::s8, DType::u8, "octavo.QConcat"}};

OCTAVO_OPERATOR(concat, {.name = "Concat",
                         .max_inputs = std::numeric_limits<int>::max(),
                         .first_variadic = 0,
                         .attributes = kAxisAttribute,
                         .infer = infer,
                         .plan = plan_axis_or_last,
                         .run = run,
                         .layout = LayoutRule::joining,
                         .permute = permute_axis_attribute,
                         .quant = requantized(kForm)});

}  // namespace

}  // namespace octavo
