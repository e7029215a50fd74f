#include "train/compile_training.h"

#include "passes/passes.h"
#include "train/join_transposes.h"
#include "train/mark_in_place.h"

namespace octavo {

std::unique_ptr<Executor> compile_training(Graph graph, const KernelPolicy& kernels) {
  choose_layout(graph);
  join_transposes(graph);
  fuse_activations(graph);
  mark_in_place(graph);
  return std::make_unique<Executor>(compile(std::move(graph), kernels));
}

}  // namespace octavo
