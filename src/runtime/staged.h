// Networks whose shapes depend on data (NonZero, Loop, a Range up to a computed number): plan up to there, run, plan
// the rest with the shapes and numbers that came out, run it. Each stage is an Executor, which keeps its last plans:
// what comes again costs no plan.
#pragma once

#include <memory>
#include <vector>

#include "runtime/executor.h"

namespace octavo {

// The graph in stages. A node runs in the first stage that
//
// * has its inputs: what is made by a node of OpDef::shape_depends_on_data, with dimensions that nobody knows before,
//   is there in the stage behind it;
// * knows the contents that decide its output shapes: those are computed while the stage is planned, from constants,
//   shapes, feeds of at most one axis, and what earlier stages computed.
//
// A stage's outputs are what later stages read and those outputs of the graph that it computes; its inputs are the
// graph's inputs and earlier outputs that it reads. A graph without such nodes is one stage, itself.
struct Stage {
  Graph graph;                                 // nothing once it is compiled
  std::vector<ValueId> inputs, outputs;        // of several stages: what those of the stage are in the graph
  std::shared_ptr<const CompiledModel> model;  // once it is compiled
};

// Of several stages, leaves in the graph all but its nodes.
std::vector<Stage> split_into_stages(Graph& graph);

// A compiled network, whatever its shapes depend on. Immutable, shared by those that run it.
struct CompiledStages {
  std::vector<Stage> stages;
  // Of several stages: what they are stages of, without nodes, and of constants those that are outputs.
  Graph graph;
};

// Throws what compile throws.
std::shared_ptr<const CompiledStages> compile_stages(Graph lowered, const KernelPolicy& kernels);

// Not for use from several threads at once.
class StagedExecutor {
 public:
  explicit StagedExecutor(std::shared_ptr<const CompiledStages> model);

  std::size_t stages() const { return stages_.size(); }
  // The one of a network of a single stage, null elsewhere.
  Executor* only() { return stages_.size() == 1 ? &stages_[0] : nullptr; }
  // The outputs in the order of the graph's, for feeds of all of its inputs. Valid until the next run. Throws what
  // Executor::run throws.
  const std::vector<TensorView>& run(std::span<const Feed> feeds, TensorObserver* observer = nullptr);
  // The same step by step, for what runs beside something else: begin, then step until it is false.
  void begin(std::span<const Feed> feeds);
  bool step(TensorObserver* observer);

 private:
  void bind_stage();

  std::shared_ptr<const CompiledStages> model_;
  std::vector<Executor> stages_;
  // Of the run under way.
  std::size_t stage_ = 0, step_ = 0;
  std::shared_ptr<Session> session_;  // of the stage
  // By value of the graph: fed, and what stages gave, which lies still while later ones run.
  std::vector<TensorView> tensors_;
  Flags is_lent_;
  std::vector<TensorView> results_;
  std::vector<Feed> feeds_;
};

}  // namespace octavo
