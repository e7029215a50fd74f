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

bool is_spelt(const Node& node) { return node.lowered.spelt.broadcasts; }
bool is_by_rows(const Node& node) { return node.lowered.spelt.by_rows != 0; }

// Axes 1 and 2 in each other's places where they lie so.
Shape of_heads(Shape shape, bool by_rows) {
  if (by_rows) std::swap(shape[1], shape[2]);
  return shape;
}

// [batch, heads, length, size] of input and output, where caches are broadcast.
Shape spread_shape(const Node& node, std::span<const Operand> inputs) {
  const Shape x = of_heads(*inputs[0].shape, is_by_rows(node));
  return broadcast_shapes(broadcast_shapes(x, *inputs[1].shape), *inputs[2].shape);
}

void infer_spelt(InferContext& ctx) {
  const Shape& x = ctx.shape(0);
  const auto fits = [&](const Shape& shape) {
    return shape.rank() <= 4 && may_equal(shape[shape.rank() - 1], x[3]);
  };
  require(x.rank() == 4 && (x[3] == kDynamic || x[3] % 2 == 0) && fits(ctx.shape(1)) && fits(ctx.shape(2)),
          ErrorCode::invalid_graph, "caches {} and {} do not fit input {}", ctx.shape(1), ctx.shape(2), x);
  ctx.set(0, DType::f32, of_heads(spread_shape(ctx.node, ctx.inputs), is_by_rows(ctx.node)));
}

void infer(InferContext& ctx) {
  for (std::size_t i = 0; i < 3; ++i) require_dtype(ctx, i, Types<float>{});
  if (is_spelt(ctx.node)) return infer_spelt(ctx);
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

// From one batch, head and row to the next, in elements.
struct Steps {
  int64_t batch, head, row;

  // Of a tensor of at most four axes, the last ones of [batch, heads, length, size], or with the middle two swapped.
  // What is broadcast has a step of 0.
  Steps(const Shape& shape, bool by_rows) : batch(0), head(0), row(0) {
    int64_t* const steps[] = {&batch, by_rows ? &row : &head, by_rows ? &head : &row};
    int64_t step = shape[shape.rank() - 1];
    for (int i = shape.rank() - 2, axis = 2; i >= 0; step *= shape[i], --i, --axis)
      if (shape[i] != 1) *steps[axis] = step;
  }
  int64_t at(int64_t b, int64_t h, int64_t l) const { return b * batch + h * head + l * row; }
};

struct RotaryPlan {
  Sizes sizes;  // of the output
  Steps x, cos, sin;
  int64_t second;  // in a cache, of the elements that are the second of a pair
  bool interleaved, by_rows;
};

StepPlan plan(const PlanContext& ctx) {
  const bool spelt = is_spelt(ctx.node);
  Shape x = ctx.shape(0), cos = ctx.shape(1), sin = ctx.shape(2);
  Sizes sizes(ctx.attrs(), x);
  const bool by_rows = x.rank() == 3 || is_by_rows(ctx.node);
  if (spelt) {
    sizes = Sizes({}, spread_shape(ctx.node, ctx.inputs));
  } else {
    x = of_heads({sizes.batch, sizes.heads, sizes.length, sizes.size}, by_rows);
    for (Shape* cache : {&cos, &sin})
      if (cache->rank() == 3) *cache = {(*cache)[0], 1, (*cache)[1], (*cache)[2]};
  }
  return {.state = PlanState(RotaryPlan{sizes, Steps(x, by_rows), Steps(cos, false), Steps(sin, false),
                                        spelt ? sizes.turned / 2 : 0,
                                        ctx.attrs().get_int("interleaved", 0) != 0, by_rows})};
}

void run(RunContext& ctx) {
  const auto& p = ctx.planned<RotaryPlan>();
  const Sizes& s = p.sizes;
  const TensorView* const ids = ctx.has(3) ? &ctx.inputs[3] : nullptr;
  const int64_t positions = ctx.inputs[1].shape[0], half = s.turned / 2;
  for (int64_t i = 0; ids != nullptr && i < s.batch * s.length; ++i) {
    const int64_t id = int_at(*ids, i);
    require(id >= 0 && id < positions, ErrorCode::invalid_input,
            "position {} is outside axis 0 of the cache {}", id, ctx.inputs[1].shape);
  }
  parallel_elements(ctx.kernels, s.batch * s.heads * s.length, s.size, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t batch = i / (s.heads * s.length);
      const int64_t row = p.by_rows ? i / s.heads % s.length : i % s.length,
                    head = p.by_rows ? i % s.heads : i / s.length % s.heads;
      const auto in_cache = [&](std::size_t cache, const Steps& steps) {
        return ctx.inputs[cache].as<float>() +
               (ids != nullptr ? int_at(*ids, batch * s.length + row) * half : steps.at(batch, head, row));
      };
      const float *const cos = in_cache(1, p.cos), *const sin = in_cache(2, p.sin);
      const float* const x = ctx.inputs[0].as<float>() + p.x.at(batch, head, row);
      float* const y = ctx.outputs[0].as<float>() + i * s.size;
      // The partner of element k, which begins the pair, is `apart` behind it; the next pair begins `step` behind it.
      const auto turn = [&](int64_t apart, int64_t step) {
        const float *const second_cos = cos + p.second, *const second_sin = sin + p.second;
        for (int64_t k = 0; k < half; ++k) {
          const float a = x[k * step], b = x[k * step + apart];
          y[k * step] = cos[k] * a - sin[k] * b;
          y[k * step + apart] = second_sin[k] * a + second_cos[k] * b;
        }
      };
      p.interleaved ? turn(1, 2) : turn(half, 1);
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
