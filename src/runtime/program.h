// A network ready to run: compiled once, planned once for each set of input shapes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/kernel_policy.h"
#include "graph/op_def.h"
#include "runtime/memory_plan.h"
#include "runtime/state.h"

namespace octavo {

// A lowered graph whose nodes are prepared: weights are packed, tables are made. Immutable, shared by all programs.
struct CompiledModel {
  Graph graph;
  KernelPolicy kernels;
  // By value: a plan needs its contents, because the shape of something depends on them.
  Flags needed_by_plan;
};

// Prepares every node of a lowered graph whose operands are known well enough to be checked; a plan, which knows all
// shapes, prepares the others for itself. Errors name the node.
std::shared_ptr<const CompiledModel> compile(Graph lowered, const KernelPolicy& kernels);

// Whether input i of a prepared node is a constant of which the node reads its packed form only, and otherwise the
// shape.
inline bool reads_packed(const Graph& graph, const Node& node, std::size_t i) {
  return node.prepared && graph.constant_input(node, i) && node.prepared->can_unpack(i);
}

// Where a step finds a tensor.
struct Slot {
  enum class Kind : uint8_t { absent, constant, arena, state, made, lent };
  Kind kind = Kind::absent;
  TensorView tensor = {};  // with data where it is a constant that is read
  // In the arena; of a state, the index of its slot; of what a step makes while it runs, its number among those; of a
  // feed that is read where it lies, the graph input.
  std::size_t offset = 0;
};

struct Step {
  const Node* node = nullptr;
  PlanState state;
  std::vector<Slot> inputs, outputs;
  std::size_t workspace_offset = 0;
  uint64_t workspace_bytes = 0;
};

// One plan of a compiled model: static shapes, steps in order, a place in the arena for every tensor.
struct Program {
  std::shared_ptr<const CompiledModel> model;
  std::vector<Slot> inputs, outputs;  // as the graph's
  std::vector<Step> steps;
  std::vector<std::unique_ptr<const Node>> nodes;  // prepared by the plan, see compile()
  uint64_t arena_bytes = 0;
  std::size_t made = 0;  // tensors whose shapes a step finds while it runs
  std::vector<ConstantTensor>
      folded;  // what the plan computed ahead of time: shapes and what depends on them
  std::vector<std::shared_ptr<const Buffer>> constants;  // memory that slots point into
};

// What a plan is told of a feed.
struct PlannedFeed : Operand {
  bool is_lent =
      false;  // each run says where it lies, and it is not written to; else it has a place in the arena

  PlannedFeed() = default;
  PlannedFeed(TensorType type, bool is_lent = false) : Operand(std::move(type)), is_lent(is_lent) {}
};

// Plans the model for feeds in the order of the graph's inputs: their static types, and their contents where
// CompiledModel::needed_by_plan says so. Throws Error(invalid_input) where dtype or rank of a
// feed do not fit the input, Error(invalid_graph) where shapes do not fit each other.
std::shared_ptr<const Program> plan(std::shared_ptr<const CompiledModel> model,
                                    const std::vector<PlannedFeed>& feeds);

}  // namespace octavo
