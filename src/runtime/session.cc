#include "runtime/session.h"

#include <algorithm>
#include <ctime>

#include "base/error.h"
#include "runtime/bodies.h"

namespace octavo {

namespace {

// std::chrono's clock can throw, and brings the formatting of its errors into the module.
double monotonic_ms() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) * 1e-6;
}

}  // namespace

Session::Session(std::shared_ptr<const Program> program)
    : program_(std::move(program)),
      state_(program_->model->graph.states.empty() ? nullptr
                                                   : std::make_shared<State>(program_->model->graph)),
      arena_(program_->arena_bytes),
      lent_(program_->inputs.size()),
      made_(program_->made) {
  bind_all();
}

void Session::bind_all() {
  const auto views_of = [&](const std::vector<Slot>& slots) {
    std::vector<TensorView> views;
    views.reserve(slots.size());
    for (const Slot& slot : slots) views.push_back(bind(slot));
    return views;
  };
  steps_.clear();
  for (const Step& step : program_->steps) {
    steps_.push_back({views_of(step.inputs), views_of(step.outputs), nullptr});
    if (!step.node->subgraphs.empty()) steps_.back().bodies = call_bodies(*step.node, steps_.back().inputs);
  }
  inputs_ = views_of(program_->inputs);
  outputs_ = views_of(program_->outputs);
}

void Session::bind_again(Slot::Kind kind) {
  const auto bind_views = [&](const std::vector<Slot>& slots, std::vector<TensorView>& views) {
    for (std::size_t i = 0; i < slots.size(); ++i)
      if (slots[i].kind == kind) views[i] = bind(slots[i]);
  };
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    bind_views(program_->steps[i].inputs, steps_[i].inputs);
    bind_views(program_->steps[i].outputs, steps_[i].outputs);
  }
  bind_views(program_->inputs, inputs_);
  bind_views(program_->outputs, outputs_);
}

void Session::use(std::shared_ptr<State> state) {
  if (state == state_) return;
  state_ = std::move(state);
  bind_again(Slot::Kind::state);
}

void Session::lend(std::span<const TensorView> feeds) {
  bool is_new = false;
  for (std::size_t i = 0; i < feeds.size(); ++i) {
    if (program_->inputs[i].kind != Slot::Kind::lent || lent_[i] == feeds[i].data) continue;
    lent_[i] = feeds[i].data;
    is_new = true;
  }
  if (is_new) bind_again(Slot::Kind::lent);
}

void Session::finish_run() {
  if (RunWatch* watch = program_->model->kernels.watch) watch->at_end();
  const Graph& graph = program_->model->graph;
  for (std::size_t i = 0; i < outputs_.size(); ++i)
    if (program_->outputs[i].kind == Slot::Kind::made) outputs_[i] = bind(program_->outputs[i]);
  for (const auto& [input, output] : graph.states)
    require(inputs_[input].dtype == outputs_[output].dtype && inputs_[input].shape == outputs_[output].shape,
            ErrorCode::invalid_graph, "the state '{}' of type {}{} becomes a tensor of type {}{}",
            graph[graph.inputs[input]].name, dtype_name(inputs_[input].dtype), inputs_[input].shape,
            dtype_name(outputs_[output].dtype), outputs_[output].shape);
  for (const auto& [input, output] : graph.states)
    if (outputs_[output].data != inputs_[input].data)
      std::copy_n(outputs_[output].data, outputs_[output].bytes(), inputs_[input].data);
}

TensorView Session::bind(const Slot& slot) {
  if (slot.kind == Slot::Kind::state) return (*state_)[slot.offset];
  TensorView tensor = slot.tensor;
  if (slot.kind == Slot::Kind::made && made_[slot.offset].tensor.present())
    tensor = made_[slot.offset].tensor;
  if (slot.kind == Slot::Kind::arena) tensor.data = arena_.data() + slot.offset;
  if (slot.kind == Slot::Kind::lent) tensor.data = lent_[slot.offset];
  return tensor;
}

// Gives memory to the outputs of one step.
class Session::Maker final : public OutputMaker {
 public:
  Maker(Session& session, std::size_t step) : session_(session), step_(step) {}

  TensorView make(std::size_t output, DType dtype, const Shape& shape) override {
    const Slot& slot = session_.program_->steps[step_].outputs[output];
    TensorView& bound = session_.steps_[step_].outputs[output];
    if (slot.kind != Slot::Kind::made) {
      require(dtype == bound.dtype && shape == bound.shape, ErrorCode::invalid_graph,
              "output {} is {}{}, but was planned as {}{}", output, dtype_name(dtype), shape,
              dtype_name(bound.dtype), bound.shape);
      return bound;
    }
    const ValueId id = session_.program_->steps[step_].node->outputs[output];
    const DType expected = id == kNoValue ? dtype : session_.program_->model->graph[id].dtype.value_or(dtype);
    require(dtype == expected, ErrorCode::invalid_graph, "output {} is {}, but its type says {}", output,
            dtype_name(dtype), dtype_name(expected));
    return bound = grow(session_.made_[slot.offset], dtype, shape);
  }

 private:
  Session& session_;
  std::size_t step_;
};

TensorView Session::grow(MadeTensor& made, DType dtype, const Shape& shape) {
  require_addressable(shape, size_of(dtype));
  const TensorView wanted{dtype, shape};
  const std::size_t bytes = std::max<std::size_t>(wanted.bytes(), 1);
  if (bytes > made.memory.size()) {
    Buffer larger(std::max(bytes, made.memory.size() * 2));
    std::copy_n(made.memory.data(), made.memory.size(), larger.data());
    made.memory = std::move(larger);
  }
  return made.tensor = {dtype, shape, made.memory.data()};
}

void Session::run_step(std::size_t i, TensorObserver* observer) {
  const Step& step = program_->steps[i];
  if (RunWatch* watch = program_->model->kernels.watch) watch->before(step);
  Maker maker(*this, i);
  RunContext context{*step.node,
                     step.state,
                     steps_[i].inputs,
                     steps_[i].outputs,
                     {arena_.data() + step.workspace_offset, static_cast<std::size_t>(step.workspace_bytes)},
                     program_->model->kernels,
                     observer,
                     steps_[i].bodies.get(),
                     &maker};
  try {
    step.node->op->run(context);
  } catch (Error& error) {
    error.at_node(step.node->name, step.node->op->name);
    throw;
  }
}

void Session::run(TensorObserver* observer) {
  for (std::size_t i = 0; i < steps_.size(); ++i) run_step(i, observer);
  finish_run();
}

void Session::run_profiled(std::vector<double>& step_ms) {
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const double start = monotonic_ms();
    run_step(i, nullptr);
    step_ms[i] += monotonic_ms() - start;
  }
  finish_run();
}

}  // namespace octavo
