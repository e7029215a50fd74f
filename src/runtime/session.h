// Runs a program.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "runtime/program.h"

namespace octavo {

// Looks on as a network runs, turn by turn of every loop: it may stop what nobody waits for any more, or what takes too
// long. What it throws comes out of the run; the next run begins anew.
struct RunWatch {
  virtual ~RunWatch() = default;
  // Before a step, of bodies too.
  virtual void before(const Step& step) = 0;
  // All steps are done, of which there may be none: of a body, a turn of its loop.
  virtual void at_end() = 0;
};

// One program with an arena of its own. run() allocates nothing, but for outputs whose shapes depend on data and that
// are larger than they ever were.
class Session {
 public:
  explicit Session(std::shared_ptr<const Program> program);

  const Program& program() const { return *program_; }
  // Where to write the feeds before each run: the memory is used again once the input has been read. One that is lent
  // is there, once it has been.
  const std::vector<TensorView>& inputs() const { return inputs_; }
  // Says where the feeds lie that the program reads there: by graph input, of the types that it is planned for.
  void lend(std::span<const TensorView> feeds);
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
  // A tensor of a shape that a step found, in memory that only grows.
  struct MadeTensor {
    Buffer memory;
    TensorView tensor;
  };
  class Maker;
  static TensorView grow(MadeTensor& made, DType dtype, const Shape& shape);
  TensorView bind(const Slot& slot);
  void bind_all();
  // Only the slots of one kind. Allocates nothing.
  void bind_again(Slot::Kind kind);

  std::shared_ptr<const Program> program_;
  std::shared_ptr<State> state_;
  Buffer arena_;
  std::vector<BoundStep> steps_;
  std::vector<TensorView> inputs_, outputs_;
  std::vector<std::byte*> lent_;  // by graph input
  std::vector<MadeTensor> made_;
};

}  // namespace octavo
