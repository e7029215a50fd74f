// Graphs with gradients and an optimizer, compiled.
#pragma once

#include <memory>

#include "runtime/executor.h"

namespace octavo {

// Q and DQ stay: what integers would compute has no gradient.
std::unique_ptr<Executor> compile_training(Graph graph, const KernelPolicy& kernels);

}  // namespace octavo
