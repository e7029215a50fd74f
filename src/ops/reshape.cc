// Operators that give the same elements another shape: Reshape, Flatten, Squeeze, Unsqueeze, Identity. Any dtype.
// ONNX Reshape-5 … Reshape-21, Flatten-9, Squeeze-13, Unsqueeze-13, Identity-1.
#include <algorithm>

#include "base/error.h"
#include "ops/operands.h"

namespace octavo {

namespace {

bool is_dynamic(int64_t dim) { return dim == kDynamic; }

// The product of the static dimensions.
int64_t static_elements(const Shape& shape) {
  int64_t product = 1;
  for (int64_t dim : shape.dims)
    if (!is_dynamic(dim)) product *= dim;
  return product;
}

[[noreturn]] void fail_reshape(const Shape& from, const Shape& wanted) {
  fail(ErrorCode::invalid_graph, "cannot give a tensor of shape {} the shape {}", from, wanted);
}

// The shape that `wanted` asks for: 0 copies the dimension of `from` (unless zero_is_zero), one -1 takes what is left.
Shape reshaped(const Shape& from, const Shape& wanted, bool zero_is_zero) {
  Shape out = wanted;
  int inferred = -1;
  int64_t dynamic_left = std::ranges::count_if(from.dims, is_dynamic);
  for (int axis = 0; axis < out.rank(); ++axis) {
    if (out[axis] == -1) {
      require(inferred < 0, ErrorCode::invalid_graph, "more than one dimension is -1 in {}", wanted);
      inferred = axis;
    } else if (out[axis] == 0 && !zero_is_zero) {
      if (axis >= from.rank()) fail_reshape(from, wanted);
      out[axis] = from[axis];
      if (is_dynamic(out[axis])) --dynamic_left;
    }
    require(out[axis] >= -1, ErrorCode::invalid_graph, "dimension {} is negative", out[axis]);
  }
  require_addressable(out, 1);
  // Dynamic dimensions that were copied are on both sides and cancel.
  if (dynamic_left > 0) return out;
  const int64_t have = static_elements(from), rest = static_elements(out);
  if (inferred >= 0) {
    if (rest == 0 || have % rest != 0) fail_reshape(from, wanted);
    out[inferred] = have / rest;
  } else if (have != rest) {
    fail_reshape(from, wanted);
  }
  return out;
}

void infer_reshape(InferContext& ctx) {
  require(ctx.shape(1).rank() <= 1, ErrorCode::invalid_graph,
          "the new shape must be a list, but has shape {}", ctx.shape(1));
  const auto wanted = ctx.known_ints(1);
  if (wanted) {
    ctx.set(0, ctx.dtype(0),
            reshaped(ctx.shape(0), Shape(*wanted), ctx.attrs().get_int("allowzero", 0) != 0));
  } else if (const int64_t rank = ctx.known_length(1); rank == kDynamic) {
    ctx.set_unknown(0, ctx.dtype(0));
  } else {
    Shape out(Dims(rank, kDynamic));
    if (rank == 1 && ctx.shape(0).is_static()) out[0] = ctx.shape(0).elements();
    ctx.set(0, ctx.dtype(0), out);
  }
}

// Elements of dims[from, to), dynamic where one of them is.
int64_t elements_or_dynamic(const Shape& shape, int from, int to) {
  const auto first = shape.dims.begin();
  return std::any_of(first + from, first + to, is_dynamic) ? kDynamic : shape.elements(from, to);
}

void infer_flatten(InferContext& ctx) {
  const Shape& x = ctx.shape(0);
  const int64_t axis = ctx.attrs().get_int("axis", 1);
  const int split = axis == x.rank() ? x.rank() : normalize_axis(axis, x.rank());
  ctx.set(0, ctx.dtype(0), {elements_or_dynamic(x, 0, split), elements_or_dynamic(x, split, x.rank())});
}

void infer_squeeze(InferContext& ctx) {
  const Shape& x = ctx.shape(0);
  Shape y;
  if (!ctx.has(1)) {
    if (!x.is_static()) return ctx.set_unknown(0, ctx.dtype(0));
    std::ranges::copy_if(x.dims, std::back_inserter(y.dims), [](int64_t dim) { return dim != 1; });
  } else if (ctx.inputs[1].known == nullptr) {
    const int64_t count = ctx.known_length(1);
    if (count == kDynamic || count > x.rank()) return ctx.set_unknown(0, ctx.dtype(0));
    y.dims.assign(x.rank() - count, kDynamic);
  } else {
    const uint32_t squeezed = axis_mask(ctx.inputs[1].known->view(), x.rank());
    for (int axis = 0; axis < x.rank(); ++axis) {
      if ((squeezed >> axis & 1) == 0) {
        y.dims.push_back(x[axis]);
      } else {
        require(x[axis] == 1 || is_dynamic(x[axis]), ErrorCode::invalid_graph,
                "axis {} of shape {} is not 1 and cannot go", axis, x);
      }
    }
  }
  ctx.set(0, ctx.dtype(0), y);
}

void infer_unsqueeze(InferContext& ctx) {
  const Shape& x = ctx.shape(0);
  const int64_t count = ctx.known_length(1);
  if (count == kDynamic) return ctx.set_unknown(0, ctx.dtype(0));
  Shape y(Dims(static_cast<uint64_t>(x.rank() + count), kDynamic));
  const int rank = y.rank();
  if (ctx.inputs[1].known != nullptr) {
    const uint32_t added = axis_mask(ctx.inputs[1].known->view(), rank);
    int from = 0;
    for (int axis = 0; axis < rank; ++axis) y[axis] = added >> axis & 1 ? 1 : x[from++];
  }
  ctx.set(0, ctx.dtype(0), y);
}

constexpr AttrDef kAllowZero[] = {{"allowzero", AttrKind::integer}};

constexpr OpDef view(std::string_view name, void (*infer)(InferContext&), int min_inputs, int max_inputs,
                     std::span<const AttrDef> attributes = {}) {
  return {.name = name,
          .min_inputs = min_inputs,
          .max_inputs = max_inputs,
          .attributes = attributes,
          .infer = infer,
          .plan = plan_view,
          .run = copy_input,
          .passes_on = infer == infer_as_input,
          .shape_operands = max_inputs > 1 ? 1u << 1 : 0,
          .layout = infer == infer_as_input ? LayoutRule::elementwise : LayoutRule::opaque,
          .quant = kMovesElements};
}

OCTAVO_OPERATOR(reshape, view("Reshape", infer_reshape, 2, 2, kAllowZero));
OCTAVO_OPERATOR(flatten, view("Flatten", infer_flatten, 1, 1, kAxisAttribute));
OCTAVO_OPERATOR(squeeze, view("Squeeze", infer_squeeze, 1, 2));
OCTAVO_OPERATOR(unsqueeze, view("Unsqueeze", infer_unsqueeze, 2, 2));
OCTAVO_OPERATOR(identity, view("Identity", infer_as_input, 1, 1));

}  // namespace

}  // namespace octavo
