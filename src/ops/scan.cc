// Scan: a body that is run for each slice of its inputs, with states carried from one to the next and results joined.
// ONNX Scan-9 … Scan-25.
#include <algorithm>
#include <array>
#include <limits>

#include "base/error.h"
#include "ops/bodies.h"
#include "ops/operands.h"

namespace octavo {

namespace {

constexpr AttrDef kAttributes[] = {
    {"body", AttrKind::graph},
    {"num_scan_inputs", AttrKind::integer},
    {"scan_input_axes", AttrKind::integers},
    {"scan_input_directions", AttrKind::integers},
    {"scan_output_axes", AttrKind::integers},
    {"scan_output_directions", AttrKind::integers},
};

// Item i of a list that may be left out.
int64_t item(const Attrs& attrs, Name name, std::size_t i) {
  const std::span<const int64_t> items = attrs.get_ints(name);
  require(items.empty() || i < items.size(), ErrorCode::invalid_graph, "attribute '{}' has only {} numbers",
          name, items.size());
  return items.empty() ? 0 : items[i];
}

std::size_t states(const Node& node) {
  const int64_t scanned = node.attrs.get_int("num_scan_inputs", 0);
  const auto own = static_cast<int64_t>(own_inputs(node));
  require(scanned > 0 && scanned <= own, ErrorCode::invalid_graph, "scans {} of {} inputs", scanned, own);
  return static_cast<std::size_t>(own - scanned);
}

int input_axis(const Node& node, std::size_t scanned, const Shape& shape) {
  return normalize_axis(item(node.attrs, "scan_input_axes", scanned), shape.rank());
}

Shape without_axis(Shape shape, int axis) {
  shape.dims.erase(shape.dims.begin() + axis);
  return shape;
}

void type_bodies(Node& node, std::span<const Operand> operands) {
  Graph& body = node.subgraphs[0].graph;
  const std::size_t inputs = body.inputs.size() - node.subgraphs[0].captures, first = states(node);
  require(inputs == own_inputs(node) && body.outputs.size() >= first, ErrorCode::invalid_graph,
          "has {} inputs, of which {} are states, but its body has {} inputs and {} outputs",
          own_inputs(node), first, inputs, body.outputs.size());
  for (std::size_t i = 0; i < inputs; ++i) {
    Operand operand = operands[i];
    if (i >= first && operand.shape)
      operand.shape = without_axis(*operand.shape, input_axis(node, i - first, *operand.shape));
    type_state(body, i, operand);
  }
  fit_outputs(node, body.outputs.size());
}

// How many slices there are; kDynamic where no input says.
int64_t length(const Node& node, std::span<const Operand> inputs) {
  int64_t all = kDynamic;
  for (std::size_t i = states(node); i < own_inputs(node); ++i) {
    const Shape& shape = *inputs[i].shape;
    const int64_t dim = shape[input_axis(node, i - states(node), shape)];
    require(dim == kDynamic || all == kDynamic || dim == all, ErrorCode::invalid_graph,
            "scans {} slices of one input, but {} of another", all, dim);
    if (dim != kDynamic) all = dim;
  }
  return all;
}

void infer(InferContext& ctx) {
  const int64_t slices = length(ctx.node, ctx.inputs);
  const std::size_t first = states(ctx.node);
  for (std::size_t i = 0; i < ctx.outputs.size(); ++i) {
    const TensorType given = body_output(ctx.node, 0, i);
    ctx.outputs[i] = i < first ? carried_type(given, ctx.inputs[i])
                               : joined_type(given, item(ctx.attrs(), "scan_output_axes", i - first), slices);
  }
}

constexpr std::size_t kMostScanned = 32;

struct ScanPlan {
  std::size_t states, inputs;
  int64_t slices;
  struct Direction {
    int axis;  // negative ones count from the last
    bool is_backward;
  };
  std::array<Direction, kMostScanned> in, out;
  std::array<uint64_t, kMostScanned> slice;  // where it lies in the workspace
};

StepPlan plan(const PlanContext& ctx) {
  ScanPlan plan{
      .states = states(ctx.node), .inputs = own_inputs(ctx.node), .slices = length(ctx.node, ctx.inputs)};
  const std::size_t results = ctx.outputs.size() - plan.states;
  require(plan.inputs - plan.states <= kMostScanned && results <= kMostScanned && plan.inputs <= kMostInputs,
          ErrorCode::unsupported, "scans more than {} tensors", kMostScanned);
  uint64_t workspace = 0;
  for (std::size_t i = 0; i < plan.inputs - plan.states; ++i) {
    const Shape& shape = ctx.shape(plan.states + i);
    plan.in[i] = {input_axis(ctx.node, i, shape), item(ctx.attrs(), "scan_input_directions", i) != 0};
    plan.slice[i] = workspace;
    const auto elements = static_cast<uint64_t>(without_axis(shape, plan.in[i].axis).elements());
    workspace = align_up(workspace + elements * size_of(ctx.dtype(plan.states + i)));
  }
  for (std::size_t i = 0; i < results; ++i)
    plan.out[i] = {static_cast<int>(item(ctx.attrs(), "scan_output_axes", i)),
                   item(ctx.attrs(), "scan_output_directions", i) != 0};
  return {.state = PlanState(plan), .workspace = workspace};
}

// Copies between slice `at` of `whole` along an axis, and a dense tensor.
void copy_slice(const TensorView& whole, int axis, int64_t at, std::byte* dense, bool is_output) {
  const auto size = static_cast<int64_t>(size_of(whole.dtype));
  const int64_t outer = whole.shape.elements(0, axis),
                inner = whole.shape.elements(axis + 1, whole.shape.rank()) * size;
  std::byte* slice = whole.data + at * inner;
  for (int64_t i = 0; i < outer; ++i, slice += whole.shape[axis] * inner, dense += inner)
    std::copy_n(is_output ? dense : slice, inner, is_output ? slice : dense);
}

void store_result(RunContext& ctx, std::size_t output, const ScanPlan& plan, int64_t turn,
                  const TensorView& result) {
  const auto& [declared_axis, is_backward] = plan.out[output - plan.states];
  Shape shape = result.shape;
  const int axis = normalize_axis(declared_axis, shape.rank() + 1);
  shape.dims.insert(shape.dims.begin() + axis, plan.slices);
  require(turn == 0 || (ctx.outputs[output].dtype == result.dtype && ctx.outputs[output].shape == shape),
          ErrorCode::invalid_graph, "output {} joins tensors of different types", output);
  const TensorView whole = ctx.make_output(output, result.dtype, shape);
  copy_slice(whole, axis, is_backward ? plan.slices - 1 - turn : turn, result.data, true);
}

void run(RunContext& ctx) {
  const auto& plan = ctx.planned<ScanPlan>();
  std::array<TensorView, kMostInputs> inputs;
  for (std::size_t i = 0; i < plan.states; ++i) inputs[i] = make_copy(ctx, i, ctx.inputs[i]);
  for (int64_t turn = 0; turn < plan.slices; ++turn) {
    for (std::size_t i = plan.states; i < plan.inputs; ++i) {
      const auto& [axis, is_backward] = plan.in[i - plan.states];
      std::byte* const slice = ctx.workspace.data() + plan.slice[i - plan.states];
      copy_slice(ctx.inputs[i], axis, is_backward ? plan.slices - 1 - turn : turn, slice, false);
      inputs[i] = {ctx.inputs[i].dtype, without_axis(ctx.inputs[i].shape, axis), slice};
    }
    const std::vector<TensorView>& results = ctx.bodies->call(0, {inputs.data(), plan.inputs});
    for (std::size_t i = 0; i < plan.states; ++i) inputs[i] = make_copy(ctx, i, results[i]);
    for (std::size_t i = plan.states; i < ctx.outputs.size(); ++i)
      store_result(ctx, i, plan, turn, results[i]);
  }
  if (plan.slices == 0)
    for (std::size_t i = plan.states; i < ctx.outputs.size(); ++i)
      make_empty(ctx, i, i, plan.out[i - plan.states].axis);
}

OCTAVO_OPERATOR(scan, {.name = "Scan",
                       .since = 8,
                       .max_inputs = kMostInputs,
                       .first_variadic = 0,
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
