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
      arena_(program_->arena_bytes) {
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

void Session::use(std::shared_ptr<State> state) {
  if (state == state_) return;
  state_ = std::move(state);
  bind_all();
}

void Session::finish_run() {
  const Graph& graph = program_->model->graph;
  for (const auto& [input, output] : graph.states)
    require(inputs_[input].dtype == outputs_[output].dtype && inputs_[input].shape == outputs_[output].shape,
            ErrorCode::invalid_graph, "the state '", graph[graph.inputs[input]].name, "' of type ",
            dtype_name(inputs_[input].dtype), inputs_[input].shape, " becomes a tensor of type ",
            dtype_name(outputs_[output].dtype), outputs_[output].shape);
  for (const auto& [input, output] : graph.states)
    std::copy_n(outputs_[output].data, outputs_[output].bytes(), inputs_[input].data);
}

TensorView Session::bind(const Slot& slot) {
  if (slot.kind == Slot::Kind::state) return (*state_)[slot.offset];
  TensorView tensor = slot.tensor;
  if (slot.kind == Slot::Kind::arena) tensor.data = arena_.data() + slot.offset;
  return tensor;
}

void Session::set_actual_shape(const TensorView& output, const Shape& actual) {
  bool fits = actual.rank() == output.shape.rank();
  for (TensorView& view : outputs_) {
    if (view.data != output.data) continue;
    for (int axis = 0; fits && axis < actual.rank(); ++axis) fits = actual[axis] >= 0;
    require(fits && actual.elements() <= output.shape.elements(), ErrorCode::invalid_graph,
            "an output of shape ", actual, " is no part of ", output.shape);
    view.shape = actual;
  }
}

void Session::run_step(std::size_t i, TensorObserver* observer) {
  const Step& step = program_->steps[i];
  Shape actual;
  RunContext context{*step.node,
                     step.state,
                     steps_[i].inputs,
                     steps_[i].outputs,
                     {arena_.data() + step.workspace_offset, static_cast<std::size_t>(step.workspace_bytes)},
                     program_->model->kernels,
                     observer,
                     steps_[i].bodies.get(),
                     &actual};
  try {
    step.node->op->run(context);
    if (step.node->op->shape_depends_on_data) set_actual_shape(steps_[i].outputs[0], actual);
  } catch (Error& error) {
    throw error.at_node(step.node->name, step.node->op->name);
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
