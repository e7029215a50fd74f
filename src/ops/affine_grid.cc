// AffineGrid (float32): where an affine transform samples, for GridSample. ONNX AffineGrid-20.
#include "base/error.h"
#include "ops/operands.h"
#include "ops/parallel.h"

namespace octavo {

namespace {

constexpr AttrDef kAttributes[] = {{"align_corners", AttrKind::integer}};

enum : std::size_t { kSize = 1 };

void infer(InferContext& ctx) {
  require_dtype(ctx, 0, Types<float>{});
  const Shape& theta = ctx.shape(0);
  const int64_t length = ctx.known_length(kSize);
  require(theta.rank() == 3, ErrorCode::invalid_graph, "theta has the shape {}", theta);
  if (length == kDynamic) return ctx.set_unknown(0, DType::f32);
  const int64_t spatial = length - 2;
  require(spatial == 2 || spatial == 3, ErrorCode::invalid_graph, "size has {} values", length);
  require((theta[1] == spatial || theta[1] == kDynamic) && (theta[2] == spatial + 1 || theta[2] == kDynamic),
          ErrorCode::invalid_graph, "theta {} is no transform of {} axes", theta, spatial);
  Shape grid(Dims(static_cast<std::size_t>(length), kDynamic));
  grid[0] = theta[0];
  if (const auto size = ctx.known_ints(kSize)) {
    require(theta[0] == kDynamic || theta[0] == (*size)[0], ErrorCode::invalid_graph,
            "theta {} is not of {} images", theta, (*size)[0]);
    grid[0] = (*size)[0];
    for (int i = 0; i < spatial; ++i) grid[1 + i] = (*size)[2 + i];
    for (int64_t dim : grid.dims)
      require(dim == kDynamic || dim >= 0, ErrorCode::invalid_graph, "a size is {}", dim);
  }
  grid[grid.rank() - 1] = spatial;
  ctx.set(0, DType::f32, grid);
}

StepPlan plan(const PlanContext& ctx) {
  return {.state = PlanState(ctx.attrs().get_int("align_corners", 0) != 0)};
}

// The middle of pixel `i`, where the picture goes from -1 to 1: its edges do or, aligned, the pixels in its corners.
float middle(int64_t i, int64_t size, bool aligned) {
  if (!aligned) return static_cast<float>(2 * i + 1) / static_cast<float>(size) - 1;
  return size > 1 ? static_cast<float>(2 * i) / static_cast<float>(size - 1) - 1 : 0;
}

void run(RunContext& ctx) {
  const bool aligned = ctx.planned<bool>();
  const Shape& grid = ctx.outputs[0].shape;
  const int spatial = grid.rank() - 2;
  const int64_t points = grid.elements(1, spatial + 1);
  parallel_elements(ctx.kernels, grid[0] * points, 16, [&](int64_t begin, int64_t end) {
    for (int64_t point = begin; point < end; ++point) {
      float at[4] = {0, 0, 0, 1};  // x, y, (z,) 1
      at[spatial] = 1;
      int64_t rest = point;
      for (int i = 0; i < spatial; ++i) {
        const int64_t size = grid[spatial - i];
        at[i] = middle(rest % size, size, aligned);
        rest /= size;
      }
      const float* theta = ctx.inputs[0].as<float>() + point / points * spatial * (spatial + 1);
      for (int row = 0; row < spatial; ++row) {
        float sum = 0;
        for (int i = 0; i <= spatial; ++i) sum += *theta++ * at[i];
        ctx.outputs[0].as<float>()[point * spatial + row] = sum;
      }
    }
  });
}

OCTAVO_OPERATOR(affine_grid, {.name = "AffineGrid",
                              .since = 20,
                              .min_inputs = 2,
                              .max_inputs = 2,
                              .attributes = kAttributes,
                              .infer = infer,
                              .plan = plan,
                              .run = run,
                              .computes_f32 = true,
                              .shape_operands = 1 << kSize});

}  // namespace

}  // namespace octavo
