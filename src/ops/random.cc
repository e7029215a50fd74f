// Random numbers of any type, the same in each run: RandomUniform, RandomNormal, both …Like, Bernoulli, Multinomial.
// They need a seed. ONNX RandomUniform-1 … RandomUniform-22 and so on, Bernoulli-15 … Bernoulli-22, Multinomial-7 …
// Multinomial-22.
#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "kernels/eltwise/trigonometry.h"
#include "kernels/eltwise/unary.h"
#include "ops/elements.h"
#include "ops/operands.h"

namespace octavo {

namespace {

// By the attributes that they know, in this order.
constexpr AttrDef kUniform[] = {{"dtype", AttrKind::integer},
                                {"seed", AttrKind::real},
                                {"low", AttrKind::real},
                                {"high", AttrKind::real},
                                {"shape", AttrKind::integers}};
constexpr AttrDef kNormal[] = {{"dtype", AttrKind::integer},
                               {"seed", AttrKind::real},
                               {"mean", AttrKind::real},
                               {"scale", AttrKind::real},
                               {"shape", AttrKind::integers}};
constexpr AttrDef kSamples[] = {
    {"dtype", AttrKind::integer}, {"seed", AttrKind::real}, {"sample_size", AttrKind::integer}};

// Where the generator stands after the seed and a counter: splitmix64's mixing function.
uint64_t mixed(uint64_t seed, uint64_t counter) {
  uint64_t bits = seed + (counter + 1) * 0x9e3779b97f4a7c15u;
  bits = (bits ^ bits >> 30) * 0xbf58476d1ce4e5b9u;
  bits = (bits ^ bits >> 27) * 0x94d049bb133111ebu;
  return bits ^ bits >> 31;
}

// What is drawn, and from what.
enum class Draw : uint8_t { uniform, normal, bernoulli, multinomial };

struct RandomPlan {
  double low, high;  // or mean and scale
  uint64_t seed;
  Draw draw;

  // Evenly from [0, 1).
  double uniform(uint64_t counter) const { return static_cast<double>(mixed(seed, counter) >> 11) * 0x1p-53; }
};

struct RandomOp {
  std::string_view name;
  std::span<const AttrDef> attributes;
  Draw draw;
  int inputs;
  int since = 1;
};

constexpr RandomOp kAllOps[] = {
    {"RandomUniform", kUniform, Draw::uniform, 0},
    {"RandomUniformLike", std::span(kUniform).first(4), Draw::uniform, 1},
    {"RandomNormal", kNormal, Draw::normal, 0},
    {"RandomNormalLike", std::span(kNormal).first(4), Draw::normal, 1},
    {"Bernoulli", std::span(kUniform).first(2), Draw::bernoulli, 1, 15},
    {"Multinomial", kSamples, Draw::multinomial, 1, 7},
};
constexpr auto kOps = rows_of_build<kAllOps>();

const RandomOp& op_of(const Node& node) { return *std::ranges::find(kOps, node.op->name, &RandomOp::name); }

void infer(InferContext& ctx) {
  const Draw draw = op_of(ctx.node).draw;
  const Attrs& attrs = ctx.attrs();
  require(attrs.has("seed"), ErrorCode::unsupported,
          "needs the attribute 'seed': a run gives the same each time");
  std::optional<DType> dtype = draw == Draw::multinomial ? DType::s32 : DType::f32;
  if (draw != Draw::multinomial && ctx.has(0)) dtype = ctx.dtype(0);
  if (const int64_t type = attrs.get_int("dtype", 0); type != 0) dtype = dtype_of_onnx(type);
  require(dtype.has_value(), ErrorCode::unsupported, "the type of the attribute 'dtype' is not supported");
  Shape y = ctx.has(0) ? ctx.shape(0) : Shape(attrs.get_ints("shape"));
  if (!ctx.has(0))
    for (int64_t dim : y.dims) require(dim >= 0, ErrorCode::invalid_graph, "dimension {} is negative", dim);
  if (draw == Draw::multinomial) {
    require(y.rank() == 2, ErrorCode::invalid_graph, "needs a matrix, not shape {}", y);
    require(y[1] != 0, ErrorCode::invalid_graph, "there are no classes in shape {}", y);
    y[1] = attrs.get_int("sample_size", 1);
    require(y[1] >= 0, ErrorCode::invalid_graph, "sample_size is {}", y[1]);
  }
  ctx.set(0, *dtype, y);
}

StepPlan plan(const PlanContext& ctx) {
  const RandomOp& op = op_of(ctx.node);
  const auto number = [&](std::size_t i, float fallback) {
    const bool has_range = op.draw == Draw::uniform || op.draw == Draw::normal;
    return has_range ? ctx.attrs().get_float(op.attributes[i].name, fallback) : fallback;
  };
  const uint64_t seed = std::bit_cast<uint32_t>(ctx.attrs().get_float("seed", 0));
  return {.state = PlanState(RandomPlan{number(2, 0), number(3, 1), mixed(seed, 0), op.draw})};
}

// Box and Muller's two numbers are used as one.
double normal(const RandomPlan& plan, uint64_t i) {
  constexpr double kTurn = 6.283185307179586;
  return std::sqrt(-2 * kernels::logarithm(1 - plan.uniform(2 * i))) *
         kernels::cosine(kTurn * plan.uniform(2 * i + 1));
}

// A class of row x with the probability exp(x) has among all: the largest of x with Gumbel's noise.
int64_t draw_class(const RandomPlan& plan, const TensorView& x, int64_t row, uint64_t sample) {
  const int64_t classes = x.shape[1];
  double best = -INFINITY, chunk[kChunk];
  int64_t drawn = 0;
  for (int64_t start = 0; start < classes; start += kChunk) {
    const int64_t n = std::min(kChunk, classes - start);
    load_elements(x, row * classes + start, n, chunk);
    for (int64_t j = 0; j < n; ++j) {
      const double noise =
          -kernels::logarithm(-kernels::logarithm(plan.uniform(sample * classes + start + j) + 0x1p-54));
      if (!(chunk[j] + noise > best)) continue;
      best = chunk[j] + noise;
      drawn = start + j;
    }
  }
  return drawn;
}

void run(RunContext& ctx) {
  const auto& plan = ctx.planned<RandomPlan>();
  const Draw draw = plan.draw;
  const TensorView& y = ctx.outputs[0];
  const int64_t count = y.shape.elements();
  double chunk[kChunk];
  for (int64_t start = 0; start < count; start += kChunk) {
    const int64_t n = std::min(kChunk, count - start);
    if (draw == Draw::bernoulli) load_elements(ctx.inputs[0], start, n, chunk);
    for (int64_t j = 0; j < n; ++j) {
      const int64_t i = start + j;
      switch (draw) {
        case Draw::uniform: chunk[j] = plan.low + (plan.high - plan.low) * plan.uniform(i); break;
        case Draw::normal: chunk[j] = plan.low + plan.high * normal(plan, i); break;
        case Draw::bernoulli: chunk[j] = plan.uniform(i) < chunk[j]; break;
        case Draw::multinomial:
          chunk[j] = static_cast<double>(draw_class(plan, ctx.inputs[0], i / y.shape[1], i));
          break;
      }
    }
    store_elements(chunk, y, start, n);
  }
}

constexpr auto kDefinitions = []<std::size_t... i>(std::index_sequence<i...>) {
  return std::array<OpDef, sizeof...(i)>{OpDef{.name = kOps[i].name,
                                               .since = kOps[i].since,
                                               .min_inputs = kOps[i].inputs,
                                               .max_inputs = kOps[i].inputs,
                                               .attributes = kOps[i].attributes,
                                               .infer = infer,
                                               .plan = plan,
                                               .run = run,
                                               .same_dtype = false}...};
}(std::make_index_sequence<std::size(kOps)>());

const RegisterOp registered(kDefinitions);

}  // namespace

}  // namespace octavo
