// DepthToSpace and SpaceToDepth of any dtype: blocks of pixels as channels, and back. ONNX DepthToSpace-1 …
// DepthToSpace-13, SpaceToDepth-1 … SpaceToDepth-13.
#include "base/error.h"
#include "kernels/transpose/transpose.h"
#include "ops/operands.h"
#include "ops/parallel.h"

namespace octavo {

namespace {

constexpr AttrDef kAttributes[] = {{"blocksize", AttrKind::integer}, {"mode", AttrKind::string}};

// The side of a block. Its square does not overflow.
int64_t block_of(const Attrs& attrs) {
  const int64_t block = attrs.get_int("blocksize", 0);
  require(block > 0 && block < 32768, ErrorCode::invalid_graph, "blocksize is {}", block);
  return block;
}

// Whether neighbouring channels are the pixels of a block (CRD), instead of whole images of them (DCR).
bool is_column_major(const Attrs& attrs) { return choice(attrs, "mode", {"DCR", "CRD"}) == 1; }

bool is_to_space(const Node& node) { return node.op->name == "DepthToSpace"; }

void infer(InferContext& ctx) {
  const bool to_space = is_to_space(ctx.node);
  Shape y = ctx.shape(0);
  require(y.rank() == 4, ErrorCode::invalid_graph, "needs images of rank 4, not shape {}", y);
  const int64_t block = block_of(ctx.attrs());
  if (to_space) is_column_major(ctx.attrs());
  for (int axis = 1; axis < 4; ++axis) {
    if (y[axis] == kDynamic) continue;
    const int64_t factor = axis == 1 ? block * block : block;
    if ((axis == 1) == to_space) {
      require(y[axis] % factor == 0, ErrorCode::invalid_graph, "axis {} of shape {} is no multiple of {}",
              axis, ctx.shape(0), factor);
      y[axis] /= factor;
    } else {
      y[axis] *= factor;
    }
  }
  ctx.set(0, ctx.dtype(0), y);
}

// The walk through the output's axes, of which those of pixels (or channels) are several, and the steps of the input.
StepPlan plan(const PlanContext& ctx) {
  const bool to_space = is_to_space(ctx.node);
  const Shape &x = ctx.shape(0), &y = ctx.output_shape();
  const int64_t block = block_of(ctx.attrs());
  const int64_t size = size_of(ctx.dtype(0)), row = x[3] * size, image = x[2] * row, batch = x[1] * image;
  const bool column_major = to_space && is_column_major(ctx.attrs());
  const int64_t channel = column_major ? block * block * image : image,
                part = column_major ? image : y[1] * image;
  const int64_t depth_to_space[6][2] = {{x[0], batch},         {y[1], channel}, {x[2], row},
                                        {block, block * part}, {x[3], size},    {block, part}};
  const int64_t space_to_depth[6][2] = {{x[0], batch}, {block, row},        {block, size},
                                        {x[1], image}, {y[2], block * row}, {y[3], block * size}};
  const auto& axes = to_space ? depth_to_space : space_to_depth;
  int64_t y_step = y.elements() * size;
  kernels::StridedBox<2> box;
  for (const auto& [dim, step] : axes) {
    y_step /= std::max<int64_t>(dim, 1);
    box.append(dim, {step, y_step});
  }
  return {.state = PlanState(box)};
}

void run(RunContext& ctx) {
  const auto size = static_cast<int>(size_of(ctx.inputs[0].dtype));
  parallel_box<2>(
      ctx.kernels, ctx.planned<kernels::StridedBox<2>>(), {ctx.inputs[0].data, ctx.outputs[0].data},
      [&](const auto& piece, const auto& at) { kernels::copy_strided(piece, at[0], at[1], size); });
}

constexpr OpDef define(std::string_view name, std::size_t attributes) {
  return {.name = name,
          .attributes = {kAttributes, attributes},
          .infer = infer,
          .plan = plan,
          .run = run,
          .quant = kMovesElements};
}

OCTAVO_OPERATOR(depth_to_space, define("DepthToSpace", 2));
OCTAVO_OPERATOR(space_to_depth, define("SpaceToDepth", 1));

}  // namespace

}  // namespace octavo
