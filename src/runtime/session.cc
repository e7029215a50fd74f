#include "runtime/session.h"

#include <ctime>

#include "base/error.h"

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
    : program_(std::move(program)), arena_(program_->arena_bytes) {
  const auto bind_all = [&](const std::vector<Slot>& slots) {
    std::vector<TensorView> views;
    views.reserve(slots.size());
    for (const Slot& slot : slots) views.push_back(bind(slot));
    return views;
  };
  for (const Step& step : program_->steps) steps_.push_back({bind_all(step.inputs), bind_all(step.outputs)});
  inputs_ = bind_all(program_->inputs);
  outputs_ = bind_all(program_->outputs);
}

TensorView Session::bind(const Slot& slot) {
  switch (slot.kind) {
    case Slot::Kind::constant: return {slot.dtype, slot.shape, slot.constant};
    case Slot::Kind::arena: return {slot.dtype, slot.shape, arena_.data() + slot.offset};
    case Slot::Kind::absent: break;
  }
  return {};
}

void Session::run_step(std::size_t i, TensorObserver* observer) {
  const Step& step = program_->steps[i];
  RunContext context{*step.node,
                     step.state,
                     steps_[i].inputs,
                     steps_[i].outputs,
                     {arena_.data() + step.workspace_offset, static_cast<std::size_t>(step.workspace_bytes)},
                     program_->model->kernels,
                     observer};
  try {
    step.node->op->run(context);
  } catch (Error& error) {
    throw error.at_node(step.node->name, step.node->op->name);
  }
}

void Session::run(TensorObserver* observer) {
  for (std::size_t i = 0; i < steps_.size(); ++i) run_step(i, observer);
}

void Session::run_profiled(std::vector<double>& step_ms) {
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const double start = monotonic_ms();
    run_step(i, nullptr);
    step_ms[i] += monotonic_ms() - start;
  }
}

}  // namespace octavo
