// RNN, GRU and LSTM (float32): one driver, and a cell for each. ONNX RNN-7 … -22, GRU-7 … -22, LSTM-7 … -22.
//
// What the inputs give all gates of all steps is one product; a step then has its product of the state alone. The
// states live in the outputs Y_h and Y_c where those are there.
//
// octavo.DynamicQRNN, octavo.DynamicQGRU and octavo.DynamicQLSTM: the same with int8 constants W and R, and products of
// integers. All of X, or each of its rows, has a range; so has in each step the state of all sequences, or of each, and
// what a GRU's second product takes. A sequence that has ended still counts, with what it had last. The notes are those
// of X's DynamicQuantizeLinear. Gates are computed in floats.
#include <algorithm>

#include "base/error.h"
#include "graph/qdq.h"
#include "ops/operands.h"
#include "ops/parallel.h"
#include "ops/recurrent_layer.h"
#include "ops/scratch.h"

namespace octavo {

namespace {

enum Input : std::size_t { kX, kW, kR, kB, kLengths, kInitialH, kInitialC, kPeepholes };

void check_shape(const InferContext& ctx, std::size_t i, const Shape& expected) {
  if (!ctx.has(i)) return;
  const Shape& shape = ctx.shape(i);
  bool fits = shape.rank() == expected.rank();
  for (int axis = 0; fits && axis < shape.rank(); ++axis)
    fits = shape[axis] == expected[axis] || shape[axis] == kDynamic || expected[axis] == kDynamic;
  require(fits, ErrorCode::invalid_graph, "input {} has the shape {} instead of {}", i, shape, expected);
}

bool is_on_integers(const Node& node) { return node.op->is_own(); }

void infer(InferContext& ctx, const Cell& cell) {
  const DType weights = is_on_integers(ctx.node) ? DType::s8 : DType::f32;
  for (const std::size_t i : {kX, kB, kInitialH, kInitialC, kPeepholes})
    if (ctx.has(i)) require_dtype(ctx, i, {DType::f32});
  for (const std::size_t i : {kW, kR}) require_dtype(ctx, i, {weights});
  if (is_on_integers(ctx.node)) integer_range(ctx.node.notes, DType::u8);
  if (ctx.has(kLengths)) require_dtype(ctx, kLengths, {DType::s32});
  for (const std::size_t i : {kX, kW, kR})
    require(ctx.shape(i).rank() == 3, ErrorCode::invalid_graph,
            "input {} has the shape {}, and not three axes", i, ctx.shape(i));
  const RecurrentSizes s(ctx.attrs(), ctx.shape(kX), ctx.shape(kR));
  const int64_t hidden = ctx.attrs().get_int("hidden_size", s.hidden);
  require(hidden == s.hidden && hidden >= kDynamic, ErrorCode::invalid_graph,
          "hidden_size is {}, but R has the shape {}", hidden, ctx.shape(kR));
  const auto per_gate = [&](int64_t count) { return hidden == kDynamic ? kDynamic : count * hidden; };
  const int64_t gates = cell.gates;
  check_shape(ctx, kW, {s.directions, per_gate(gates), s.inputs});
  check_shape(ctx, kR, {s.directions, per_gate(gates), hidden});
  check_shape(ctx, kB, {s.directions, per_gate(2 * gates)});
  check_shape(ctx, kLengths, {s.batch});
  check_shape(ctx, kInitialH, s.state());
  check_shape(ctx, kInitialC, s.state());
  check_shape(ctx, kPeepholes, {s.directions, per_gate(3)});
  read_activations(ctx.attrs(), cell.activations, s.directions);
  ctx.set(0, DType::f32, s.all_states());
  ctx.set(1, DType::f32, s.state());
  ctx.set(2, DType::f32, s.state());
}

std::shared_ptr<const Prepared> prepare(const PrepareContext& ctx, const Cell& cell) {
  const Shape &w_shape = *ctx.input(kW).shape, &r_shape = *ctx.input(kR).shape;
  const RecurrentSizes s(ctx.node.attrs, w_shape, r_shape);
  const RecurrentPlan plan(ctx.node.attrs, s, cell, ctx.kernels);
  if (is_on_integers(ctx.node)) return pack_recurrent_integers(ctx, plan, cell.gates);
  const Tensor *const w = ctx.constant(kW), *const r = ctx.constant(kR);
  if (w == nullptr || r == nullptr) return nullptr;
  auto prepared = std::make_shared<PreparedRecurrent>();
  prepared->directions = s.directions;
  prepared->memory = Buffer(plan.packed_bytes());
  prepared->matrices = pack_recurrent(ctx.kernels, plan, cell.gates, w->span<float>().data(),
                                      r->span<float>().data(), prepared->memory.data());
  return prepared;
}

// Memory of a run beside packed matrices.
struct Buffers {
  float *x, *gates, *reset, *h, *c;

  Buffers(Scratch& scratch, const RecurrentSizes& s, int gate_count) {
    const uint64_t state = static_cast<uint64_t>(s.batch * s.hidden), gate_row = state * gate_count;
    x = scratch.take<float>(gate_row * s.steps);
    gates = scratch.take<float>(gate_row);
    for (float** buffer : {&reset, &h, &c}) *buffer = scratch.take<float>(state);
  }
  static uint64_t bytes(const RecurrentSizes& s, int gate_count) {
    const uint64_t state = static_cast<uint64_t>(s.batch * s.hidden), gate_row = state * gate_count;
    return scratch_bytes<float>(gate_row * s.steps) + scratch_bytes<float>(gate_row) +
           3 * scratch_bytes<float>(state);
  }
};

StepPlan plan(const PlanContext& ctx, const Cell& cell) {
  const RecurrentSizes s(ctx.attrs(), ctx.shape(kX), ctx.shape(kR));
  const int gates = cell.gates;
  const RecurrentPlan plan(ctx.attrs(), s, cell, ctx.kernels);
  const uint64_t products =
      ctx.node.prepared ? ctx.prepared<PreparedRecurrent>().workspace(ctx.kernels, s) : plan.packed_bytes();
  return {.state = PlanState(plan), .workspace = Buffers::bytes(s, gates) + products};
}

// One direction of a node.
class Direction {
 public:
  // `scratch` is for products of integers.
  Direction(RunContext& ctx, const RecurrentPlan& plan, const Cell& cell, const Buffers& buffers,
            const Scratch& scratch, int d)
      : ctx_(ctx), plan_(plan), s_(plan.sizes), cell_(cell), d_(d), buffers_(buffers), scratch_(scratch) {
    const int64_t columns = cell.gates * s_.hidden;
    if (ctx.has(kB)) bias_ = ctx.inputs[kB].as<float>() + d * 2 * columns;
    h_ = start_state(1, kInitialH, buffers.h, h_stride_);
    c_ = start_state(2, kInitialC, buffers.c, c_stride_);
    // Of sequences that have no step it is never written, but has a part in the range of all.
    std::fill_n(buffers.reset, s_.batch * s_.hidden, 0.0f);
  }

  void run(const RecurrentMatrices::Direction& matrices) {
    const int64_t columns = cell_.gates * s_.hidden;
    product(matrices.w, ctx_.inputs[kX].as<float>(), s_.inputs, s_.steps * s_.batch, bias_, buffers_.x);
    const float* const bias = bias_ ? bias_ + columns : nullptr;
    for (int64_t step = 0; step < s_.steps; ++step) {
      product(matrices.first, h_, h_stride_, s_.batch, bias, buffers_.gates);
      if (cell_.before) for_each_row(step, cell_.before);
      if (plan_.columns < columns)
        product(matrices.second, buffers_.reset, s_.hidden, s_.batch, bias ? bias + plan_.columns : nullptr,
                buffers_.gates + plan_.columns);
      for_each_row(step, cell_.update);
      keep_states(step);
    }
  }

 private:
  bool present(std::size_t output) const {
    return output < ctx_.outputs.size() && ctx_.outputs[output].present();
  }

  // A sequence without steps has states of 0, as in ONNX Runtime.
  bool is_empty(int64_t b) const { return ctx_.has(kLengths) && ctx_.inputs[kLengths].as<int32_t>()[b] == 0; }

  float* start_state(std::size_t output, std::size_t input, float* buffer, int64_t& stride) {
    float* state = buffer;
    stride = s_.hidden;
    if (present(output)) {
      state = ctx_.outputs[output].as<float>() + s_.state_start(d_);
      stride = s_.state_stride();
    }
    for (int64_t b = 0; b < s_.batch; ++b)
      if (ctx_.has(input) && !is_empty(b))
        std::copy_n(ctx_.inputs[input].as<float>() + s_.state_start(d_) + b * s_.state_stride(), s_.hidden,
                    state + b * stride);
      else
        std::fill_n(state + b * stride, s_.hidden, 0.0f);
    return state;
  }

  void product(const RecurrentMatrix& b, const float* a, int64_t lda, int64_t m, const float* bias,
               float* out) const {
    if (m == 0) return;
    const Clamp none;
    const kernels::GemmF32Args rows{a, static_cast<ptrdiff_t>(lda), static_cast<int>(m)};
    const kernels::BiasClampF32 result{bias, none.low, none.high, out,
                                       static_cast<ptrdiff_t>(cell_.gates * s_.hidden)};
    if (b.integers)
      multiply(ctx_.kernels, *b.integers, rows, ctx_.node.notes, result, scratch_);
    else
      multiply(ctx_.kernels, b.floats, rows, result);
  }

  // The place in its sequence that a step is at, or -1 behind the sequence's end.
  int64_t position(int64_t step, int64_t b) const {
    const int64_t length = ctx_.has(kLengths) ? ctx_.inputs[kLengths].as<int32_t>()[b] : s_.steps;
    if (step >= length) return -1;
    return plan_.reverse || d_ == 1 ? length - 1 - step : step;
  }

  void for_each_row(int64_t step, void (*function)(const CellRow&)) const {
    const int64_t columns = cell_.gates * s_.hidden;
    const float* const peepholes =
        ctx_.has(kPeepholes) ? ctx_.inputs[kPeepholes].as<float>() + d_ * 3 * s_.hidden : nullptr;
    parallel_elements(ctx_.kernels, s_.batch, 8 * columns, [&](int64_t begin, int64_t end) {
      for (int64_t b = begin; b < end; ++b) {
        const int64_t at = position(step, b);
        if (at < 0) continue;
        function(CellRow{plan_.cell, plan_.cell.activations.functions[d_], h_ + b * h_stride_,
                         c_ + b * c_stride_, buffers_.x + s_.row(at, b) * columns,
                         buffers_.gates + b * columns, buffers_.reset + b * s_.hidden, peepholes});
      }
    });
  }

  void keep_states(int64_t step) const {
    if (!present(0)) return;
    float* const y = ctx_.outputs[0].as<float>();
    for (int64_t b = 0; b < s_.batch; ++b)
      if (const int64_t at = position(step, b); at >= 0)
        std::copy_n(h_ + b * h_stride_, s_.hidden, y + s_.y_start(at, d_, b));
      else
        std::fill_n(y + s_.y_start(step, d_, b), s_.hidden, 0.0f);
  }

  RunContext& ctx_;
  const RecurrentPlan& plan_;
  const RecurrentSizes& s_;
  const Cell& cell_;
  int d_;
  const Buffers& buffers_;
  const Scratch& scratch_;
  const float* bias_ = nullptr;
  int64_t h_stride_ = 0, c_stride_ = 0;
  float *h_, *c_;
};

void run(RunContext& ctx, const Cell& cell) {
  const auto& plan = ctx.planned<RecurrentPlan>();
  const RecurrentSizes& s = plan.sizes;
  const int gates = cell.gates;
  if (ctx.has(kLengths))
    for (const int32_t length : ctx.inputs[kLengths].span<int32_t>())
      require(length >= 0 && length <= s.steps, ErrorCode::invalid_input,
              "a sequence has a length of {} in an input of shape {}", length, ctx.inputs[kX].shape);
  Scratch scratch(ctx.workspace);
  const Buffers buffers(scratch, s, gates);
  const bool is_empty = s.batch == 0 || s.hidden == 0;
  RecurrentMatrices matrices{};
  if (ctx.node.prepared)
    matrices = ctx.prepared<PreparedRecurrent>().matrices;
  else if (!is_empty)
    matrices = pack_recurrent(ctx.kernels, plan, gates, ctx.inputs[kW].as<float>(),
                              ctx.inputs[kR].as<float>(), scratch.take<std::byte>(plan.packed_bytes()));
  for (int d = 0; d < s.directions && !is_empty; ++d)
    Direction(ctx, plan, cell, buffers, scratch, d).run(matrices.directions[d]);
}

int64_t macs(const ShapeContext& ctx, const Cell& cell) {
  const RecurrentSizes s(ctx.attrs(), ctx.shape(kX), ctx.shape(kR));
  return s.steps * s.batch * s.directions * cell.gates * s.hidden * (s.inputs + s.hidden);
}

constexpr AttrDef kRnnAttributes[] = {
    {"activation_alpha", AttrKind::reals}, {"activation_beta", AttrKind::reals},
    {"activations", AttrKind::strings},    {"clip", AttrKind::real},
    {"direction", AttrKind::string},       {"hidden_size", AttrKind::integer},
    {"layout", AttrKind::integer}};
constexpr auto kGruAttributes = joined(kRnnAttributes, {{"linear_before_reset", AttrKind::integer}});
constexpr auto kLstmAttributes = joined(kRnnAttributes, {{"input_forget", AttrKind::integer}});

std::string obstacle(const Graph& graph, const Node& node) {
  for (const std::size_t i : {kW, kR})
    if (const auto& shape = graph[node.inputs[i]].shape; shape && shape->dims.back() > kernels::max_reduction)
      return "its reduction is too deep for int32 accumulators";
  return {};
}

constexpr OperandRole kRoles[] = {OperandRole::activation, OperandRole::weight, OperandRole::weight,
                                  OperandRole::untouched};

template <const Cell& cell>
constexpr OpDef on_integers(std::string_view name, std::span<const AttrDef> attributes, int inputs,
                            int outputs) {
  return {.name = name,
          .min_inputs = 3,
          .max_inputs = inputs,
          .max_outputs = outputs,
          .attributes = attributes,
          .infer = [](InferContext& ctx) { return infer(ctx, cell); },
          .prepare = [](const PrepareContext& ctx) { return prepare(ctx, cell); },
          .plan = [](const PlanContext& ctx) { return plan(ctx, cell); },
          .run = [](RunContext& ctx) { return run(ctx, cell); },
          .macs = [](const ShapeContext& ctx) { return macs(ctx, cell); }};
}

constexpr OpDef on_floats(OpDef op, std::string_view name, std::span<const IntegerForm> forms) {
  op.name = name;
  op.since = 7;
  op.computes_f32 = true;
  op.quant = {.inputs = kRoles,
              .forms = forms,
              .weight_axis = [](const Graph&, const Node&) { return 1; },
              .matrix_axis = 0,
              .by_row = true,
              .has_state = true,
              .obstacle = obstacle};
  return op;
}

constexpr IntegerForm form_of(std::string_view op) { return {DType::f32, DType::s8, DType::f32, op}; }
constexpr IntegerForm kRnnForms[] = {form_of("octavo.DynamicQRNN")},
                      kGruForms[] = {form_of("octavo.DynamicQGRU")},
                      kLstmForms[] = {form_of("octavo.DynamicQLSTM")};

constexpr OpDef kQRnn = on_integers<kRnnCell>("octavo.DynamicQRNN", kRnnAttributes, 6, 2),
                kQGru = on_integers<kGruCell>("octavo.DynamicQGRU", kGruAttributes, 6, 2),
                kQLstm = on_integers<kLstmCell>("octavo.DynamicQLSTM", kLstmAttributes, 8, 3);

OCTAVO_OPERATOR(rnn, on_floats(kQRnn, "RNN", kRnnForms));
OCTAVO_OPERATOR(gru, on_floats(kQGru, "GRU", kGruForms));
OCTAVO_OPERATOR(lstm, on_floats(kQLstm, "LSTM", kLstmForms));
OCTAVO_OPERATOR(dynamic_q_rnn, kQRnn);
OCTAVO_OPERATOR(dynamic_q_gru, kQGru);
OCTAVO_OPERATOR(dynamic_q_lstm, kQLstm);

}  // namespace

}  // namespace octavo
