// RotaryEmbedding (float32): turns pairs of numbers by the angle of their position. ONNX RotaryEmbedding-23.
#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "ops/operands.h"
#include "ops/parallel.h"

namespace octavo {

namespace {

constexpr AttrDef kAttributes[] = {{"interleaved", AttrKind::integer},
                                   {"num_heads", AttrKind::integer},
                                   {"rotary_embedding_dim", AttrKind::integer}};

// Heads of `size` elements, of which the first `turned` are turned.
struct Sizes {
  int64_t batch, heads, length, size, turned;

  Sizes(const Attrs& attrs, const Shape& x)
      : batch(x[0]), heads(attrs.get_int("num_heads", 0)), length(x[1]), size(x[2]) {
    if (x.rank() == 4) {
      heads = x[1];
      length = x[2];
      size = x[3];
    } else {
      require(heads > 0 && (size == kDynamic || (size > 0 && size % heads == 0)), ErrorCode::invalid_graph,
              "{} has no {} heads", x, heads);
      if (size != kDynamic) size /= heads;
    }
    const int64_t dim = attrs.get_int("rotary_embedding_dim", 0);
    turned = dim == 0 ? size : dim;
    require(dim >= 0 && (turned == kDynamic || (turned % 2 == 0 && (turned <= size || size == kDynamic))),
            ErrorCode::invalid_graph, "cannot turn {} of {} elements in pairs", turned, size);
  }
};

void infer(InferContext& ctx) {
  for (std::size_t i = 0; i < 3; ++i) require_dtype(ctx, i, Types<float>{});
  const Shape& x = ctx.shape(0);
  require(x.rank() == 3 || x.rank() == 4, ErrorCode::invalid_graph, "input {} has not 3 or 4 axes", x);
  const Sizes s(ctx.attrs(), x);
  const bool by_id = ctx.has(3);
  if (by_id) {
    require_dtype(ctx, 3, Types<int64_t, int32_t>{});
    const Shape& ids = ctx.shape(3);
    require(ids.rank() == 2 && may_equal(ids[0], s.batch) && may_equal(ids[1], s.length),
            ErrorCode::invalid_graph, "position_ids {} do not fit input {}", ids, x);
  }
  for (std::size_t i = 1; i < 3; ++i) {
    const Shape& cache = ctx.shape(i);
    require(cache.rank() == (by_id ? 2 : 3) && may_equal(cache[0], ctx.shape(1)[0]) &&
                may_equal(cache[cache.rank() - 1], s.turned == kDynamic ? kDynamic : s.turned / 2) &&
                (by_id || (may_equal(cache[0], s.batch) && may_equal(cache[1], s.length))),
            ErrorCode::invalid_graph, "cache {} does not fit input {}", cache, x);
  }
  infer_as_input(ctx);
}

struct RotaryPlan {
  Sizes sizes;
  bool interleaved, heads_first;
};

StepPlan plan(const PlanContext& ctx) {
  const Shape& x = ctx.shape(0);
  return {.state = PlanState(
              RotaryPlan{Sizes(ctx.attrs(), x), ctx.attrs().get_int("interleaved", 0) != 0, x.rank() == 4})};
}

void run(RunContext& ctx) {
  const auto& [s, interleaved, heads_first] = ctx.planned<RotaryPlan>();
  const TensorView* const ids = ctx.has(3) ? &ctx.inputs[3] : nullptr;
  const int64_t positions = ctx.inputs[1].shape[0], half = s.turned / 2;
  for (int64_t i = 0; ids != nullptr && i < s.batch * s.length; ++i) {
    const int64_t id = int_at(*ids, i);
    require(id >= 0 && id < positions, ErrorCode::invalid_input,
            "position {} is outside axis 0 of the cache {}", id, ctx.inputs[1].shape);
  }
  // The partner of element k, which begins the pair, is `apart` behind it; the next pair begins `step` behind it.
  const int64_t apart = interleaved ? 1 : half, step = interleaved ? 2 : 1;
  parallel_elements(ctx.kernels, s.batch * s.heads * s.length, s.size, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t batch = i / (s.heads * s.length);
      const int64_t token = batch * s.length + (heads_first ? i % s.length : i / s.heads % s.length);
      const int64_t row = (ids != nullptr ? int_at(*ids, token) : token) * half;
      const float *cos = ctx.inputs[1].as<float>() + row, *sin = ctx.inputs[2].as<float>() + row;
      const float* const x = ctx.inputs[0].as<float>() + i * s.size;
      float* const y = ctx.outputs[0].as<float>() + i * s.size;
      for (int64_t k = 0; k < half; ++k) {
        const float a = x[k * step], b = x[k * step + apart];
        y[k * step] = cos[k] * a - sin[k] * b;
        y[k * step + apart] = sin[k] * a + cos[k] * b;
      }
      std::memcpy(y + s.turned, x + s.turned, static_cast<std::size_t>(s.size - s.turned) * sizeof(float));
    }
  });
}

OCTAVO_OPERATOR(rotary_embedding, {.name = "RotaryEmbedding",
                                   .since = 23,
                                   .min_inputs = 3,
                                   .max_inputs = 4,
                                   .attributes = kAttributes,
                                   .infer = infer,
                                   .plan = plan,
                                   .run = run,
                                   .computes_f32 = true});

}  // namespace

}  // namespace octavo
