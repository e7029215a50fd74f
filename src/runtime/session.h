// Runs a program.
#pragma once

#include <memory>
#include <vector>

#include "runtime/program.h"

namespace octavo {

// One program with an arena of its own. run() allocates nothing.
class Session {
 public:
  explicit Session(std::shared_ptr<const Program> program);

  const Program& program() const { return *program_; }
  // Where to write the feeds before each run: the memory is used again once the input has been read.
  const std::vector<TensorView>& inputs() const { return inputs_; }
  // The state of the runs that follow; the program's graph has one or more slots. Without it there is one of the
  // session's own.
  void use(std::shared_ptr<State> state);
  const std::shared_ptr<State>& state() const { return state_; }
  // Valid after a run and until the next.
  const std::vector<TensorView>& outputs() const { return outputs_; }

  // `observer`, if any, is called by octavo.Observe and octavo.Inspect nodes. Errors name the node.
  void run(TensorObserver* observer = nullptr);
  // One step of Program::steps. A run is all of them, in order, and then finish_run, by which outputs become states.
  void run_step(std::size_t i, TensorObserver* observer = nullptr);
  void finish_run();
  // The same, and adds each step's time in milliseconds to `step_ms`, which has one entry a step.
  void run_profiled(std::vector<double>& step_ms);

 private:
  struct BoundStep {
    std::vector<TensorView> inputs, outputs;
    std::unique_ptr<BodyCaller> bodies;  // of a node that has any
  };
  TensorView bind(const Slot& slot);
  void bind_all();
  // Output 0 of a step of OpDef::shape_depends_on_data came out smaller than it might have.
  void set_actual_shape(const TensorView& output, const Shape& actual);

  std::shared_ptr<const Program> program_;
  std::shared_ptr<State> state_;
  Buffer arena_;
  std::vector<BoundStep> steps_;
  std::vector<TensorView> inputs_, outputs_;
};

}  // namespace octavo
