// Loop: a body that is run again and again, with values carried from turn to turn and others collected. ONNX Loop-1 …
// Loop-25.
#include <algorithm>
#include <array>
#include <limits>

#include "base/error.h"
#include "ops/bodies.h"
#include "ops/operands.h"

namespace octavo {

namespace {

constexpr AttrDef kAttributes[] = {{"body", AttrKind::graph}};

enum : std::size_t { kTurns = 0, kGoOn = 1, kCarried = 2 };

// A file could ask for a loop without end, which nobody can stop.
constexpr int64_t kMostTurns = int64_t{1} << 24;

std::size_t carried(const Node& node) { return own_inputs(node) - kCarried; }

void type_bodies(Node& node, std::span<const Operand> operands) {
  Graph& body = node.subgraphs[0].graph;
  const std::size_t inputs = body.inputs.size() - node.subgraphs[0].captures, outputs = body.outputs.size();
  require(inputs == own_inputs(node) && outputs > carried(node), ErrorCode::invalid_graph,
          "carries {} values, but its body has {} inputs and {} outputs", carried(node), inputs, outputs);
  type_state(body, kTurns, {DType::s64, {}});
  type_state(body, kGoOn, {DType::boolean, {}});
  for (std::size_t i = kCarried; i < inputs; ++i) type_state(body, i, operands[i]);
  fit_outputs(node, outputs - 1);
}

void infer(InferContext& ctx) {
  if (ctx.has(kTurns)) {
    require_dtype(ctx, kTurns, {DType::s64, DType::s32});
    require_elements(ctx, kTurns, 1);
  }
  if (ctx.has(kGoOn)) {
    require_dtype(ctx, kGoOn, {DType::boolean});
    require_elements(ctx, kGoOn, 1);
  }
  for (std::size_t i = 0; i < ctx.outputs.size(); ++i) {
    const TensorType given = body_output(ctx.node, 0, i + 1);
    ctx.outputs[i] = i < carried(ctx.node) ? carried_type(given, ctx.inputs[kCarried + i])
                                           : joined_type(given, 0, kDynamic);
  }
}

StepPlan plan(const PlanContext& ctx) { return {.state = PlanState(carried(ctx.node))}; }

// Appends what one turn gave to what is collected.
void collect(const RunContext& ctx, std::size_t i, int64_t turn, const TensorView& result) {
  Shape shape = result.shape;
  shape.dims.insert(shape.dims.begin(), turn + 1);
  const auto is_same = [&] {
    const auto& [dtype, before, data] = ctx.outputs[i];
    return dtype == result.dtype && std::ranges::equal(before.dims.begin() + 1, before.dims.end(),
                                                       shape.dims.begin() + 1, shape.dims.end());
  };
  require(turn == 0 || is_same(), ErrorCode::invalid_graph,
          "collects tensors of type {}{} behind others of another type", dtype_name(result.dtype),
          result.shape);
  const TensorView all = ctx.make_output(i, result.dtype, shape);
  std::copy_n(result.data, result.bytes(), all.data + static_cast<std::size_t>(turn) * result.bytes());
}

void run(RunContext& ctx) {
  const std::size_t carries = ctx.planned<std::size_t>(), outputs = ctx.outputs.size();
  const int64_t turns = ctx.has(kTurns) ? int_at(ctx.inputs[kTurns], 0) : std::numeric_limits<int64_t>::max();
  bool goes_on = !ctx.has(kGoOn) || *ctx.inputs[kGoOn].as<uint8_t>() != 0;
  // What is carried lies in the outputs. The body copies it before it runs.
  std::array<TensorView, kMostInputs> inputs;
  require(carries + kCarried <= inputs.size(), ErrorCode::unsupported, "carries more than {} values",
          inputs.size() - kCarried);
  for (std::size_t i = 0; i < carries; ++i)
    inputs[kCarried + i] = make_copy(ctx, i, ctx.inputs[kCarried + i]);
  int64_t turn = 0;
  for (; goes_on && turn < turns; ++turn) {
    require(turn < kMostTurns, ErrorCode::unsupported, "takes more than {} turns", kMostTurns);
    inputs[kTurns] = scalar_view(ctx.node, kTurns, turn);
    inputs[kGoOn] = scalar_view(ctx.node, kGoOn, goes_on);
    const std::vector<TensorView>& results = ctx.bodies->call(0, {inputs.data(), kCarried + carries});
    require(results[0].dtype == DType::boolean && results[0].shape.elements() == 1, ErrorCode::invalid_graph,
            "its body does not say whether to go on");
    goes_on = *results[0].as<uint8_t>() != 0;
    for (std::size_t i = 0; i < carries; ++i) inputs[kCarried + i] = make_copy(ctx, i, results[i + 1]);
    for (std::size_t i = carries; i < outputs; ++i) collect(ctx, i, turn, results[i + 1]);
  }
  if (turn == 0)
    for (std::size_t i = carries; i < outputs; ++i) make_empty(ctx, i, i + 1, 0);
}

OCTAVO_OPERATOR(loop, {.name = "Loop",
                       .min_inputs = 0,
                       .max_inputs = kMostInputs,
                       .first_variadic = kCarried,
                       .max_outputs = std::numeric_limits<int>::max(),
                       .attributes = kAttributes,
                       .infer = infer,
                       .plan = plan,
                       .run = run,
                       .same_dtype = false,
                       .shape_depends_on_data = true,
                       .type_bodies = type_bodies});

}  // namespace

}  // namespace octavo
