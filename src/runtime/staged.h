// Programs whose shapes depend on data (NonZero, NonMaxSuppression): plan up to there, run, plan the rest with the
// shapes that came out, run it. Each stage is an Executor, which keeps its last plans: a shape that comes again costs
// no plan.
#pragma once

#include <vector>

#include "runtime/executor.h"

namespace octavo {

// The graph in stages: each but the last ends behind one node of OpDef::shape_depends_on_data. A stage's outputs are
// what later stages read and those outputs of the graph that it computes; its inputs are the graph's inputs and earlier
// outputs that it reads. A graph without such nodes is one stage, itself.
std::vector<Graph> split_into_stages(const Graph& graph);

class StagedExecutor {
 public:
  // Throws what compile throws.
  StagedExecutor(const Graph& lowered, const KernelPolicy& kernels);

  std::size_t stages() const { return stages_.size(); }
  // The outputs in the order of the graph's, for feeds of all of its inputs. Throws what Executor::run throws.
  std::vector<Tensor> run(std::span<const Feed> feeds);

 private:
  std::vector<std::string> outputs_;
  std::vector<Executor> stages_;
};

}  // namespace octavo
