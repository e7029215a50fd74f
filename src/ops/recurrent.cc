// RNN, GRU and LSTM (float32): one driver, and a cell for each. ONNX RNN-7 … -22, GRU-7 … -22, LSTM-7 … -22.
//
// What the inputs give all gates of all steps is one product; a step then has its product of the state alone. The
// states live in the outputs Y_h and Y_c where those are there.
#include <algorithm>

#include "base/error.h"
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

void infer(InferContext& ctx, const Cell& cell) {
  for (const std::size_t i : {kX, kW, kR, kB, kInitialH, kInitialC, kPeepholes})
    if (ctx.has(i)) require_dtype(ctx, i, {DType::f32});
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
  const Tensor *const w = ctx.constant(kW), *const r = ctx.constant(kR);
  if (w == nullptr || r == nullptr) return nullptr;
  const RecurrentSizes s(ctx.node.attrs, w->shape(), r->shape());
  const RecurrentPlan plan(ctx.node.attrs, s, cell, ctx.kernels);
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
  return {.state = PlanState(plan),
          .workspace = Buffers::bytes(s, gates) + (ctx.node.prepared ? 0 : plan.packed_bytes())};
}

// One direction of a node.
class Direction {
 public:
  Direction(RunContext& ctx, const RecurrentPlan& plan, const Cell& cell, const Buffers& buffers, int d)
      : ctx_(ctx), plan_(plan), s_(plan.sizes), cell_(cell), d_(d), buffers_(buffers) {
    const int64_t columns = cell.gates * s_.hidden;
    if (ctx.has(kB)) bias_ = ctx.inputs[kB].as<float>() + d * 2 * columns;
    h_ = start_state(1, kInitialH, buffers.h, h_stride_);
    c_ = start_state(2, kInitialC, buffers.c, c_stride_);
  }

  void run(const RecurrentMatrices::Direction& matrices) {
    const int64_t columns = cell_.gates * s_.hidden;
    product(matrices.w, ctx_.inputs[kX].as<float>(), s_.inputs, s_.steps * s_.batch, bias_, buffers_.x);
    const float* const bias = bias_ ? bias_ + columns : nullptr;
    for (int64_t step = 0; step < s_.steps; ++step) {
      product(matrices.first, h_, h_stride_, s_.batch, bias, buffers_.gates);
      if (cell_.before) for_each_row(step, cell_.before);
      if (plan_.packed_second > 0)
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

  void product(const kernels::PackedGemmF32& b, const float* a, int64_t lda, int64_t m, const float* bias,
               float* out) const {
    if (m == 0) return;
    const Clamp none;
    multiply(ctx_.kernels, b, {a, static_cast<ptrdiff_t>(lda), static_cast<int>(m)},
             {bias, none.low, none.high, out, static_cast<ptrdiff_t>(cell_.gates * s_.hidden)});
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
    Direction(ctx, plan, cell, buffers, d).run(matrices.directions[d]);
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

template <const Cell& cell>
constexpr OpDef definition(std::string_view name, std::span<const AttrDef> attributes, int inputs,
                           int outputs) {
  return {.name = name,
          .since = 7,
          .min_inputs = 3,
          .max_inputs = inputs,
          .max_outputs = outputs,
          .attributes = attributes,
          .infer = [](InferContext& ctx) { return infer(ctx, cell); },
          .prepare = [](const PrepareContext& ctx) { return prepare(ctx, cell); },
          .plan = [](const PlanContext& ctx) { return plan(ctx, cell); },
          .run = [](RunContext& ctx) { return run(ctx, cell); },
          .macs = [](const ShapeContext& ctx) { return macs(ctx, cell); },
          .computes_f32 = true};
}

OCTAVO_OPERATOR(rnn, definition<kRnnCell>("RNN", kRnnAttributes, 6, 2));
OCTAVO_OPERATOR(gru, definition<kGruCell>("GRU", kGruAttributes, 6, 2));
OCTAVO_OPERATOR(lstm, definition<kLstmCell>("LSTM", kLstmAttributes, 8, 3));

}  // namespace

}  // namespace octavo
