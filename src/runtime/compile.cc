#include <bit>

#include "ops/evaluate.h"
#include "runtime/program.h"
#include "runtime/staged.h"

namespace octavo {

namespace {

// Backwards from the operands that decide shapes to everything those are computed from. The contents of a tensor do
// not matter to an operator that reads shapes only, so the search ends there.
Flags find_needed_by_plan(const Graph& graph) {
  Flags needed(graph.values.size());
  for (std::size_t n = graph.nodes.size(); n-- > 0;) {
    const Node& node = graph.nodes[n];
    bool output_needed = false;
    for (ValueId id : node.outputs) output_needed |= id != kNoValue && needed[id];
    if (node.op->reads_shape_only()) output_needed = false;
    for (std::size_t i = 0; i < node.inputs.size(); ++i)
      if (node.has_input(i) && (output_needed || (node.op->shape_operands >> i & 1)))
        needed[node.inputs[i]] = true;
  }
  return needed;
}

// Gives back the memory of constants as soon as the last node that reads them has packed them.
class PackedConstants {
 public:
  explicit PackedConstants(const Graph& graph) : graph_(graph), readers_(graph.values.size()) {
    for (const Node& node : graph.nodes)
      for (std::size_t i = 0; i < node.inputs.size(); ++i)
        if (node.has_input(i) && !(node.op->shape_only_operands >> i & 1)) ++readers_[node.inputs[i]];
    for (ValueId id : graph.outputs) ++readers_[id];
  }

  void add(const Node& node) {
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      if (!reads_packed(graph_, node, i)) continue;
      if (--readers_[node.inputs[i]] > 0) continue;
      graph_[node.inputs[i]].constant->give_back(
          [prepared = node.prepared, i](const TensorView& elements) { prepared->unpack(i, elements); });
    }
  }

 private:
  const Graph& graph_;
  std::vector<uint32_t> readers_;  // by value: those that read it and have not packed it
};

// The nodes that can be prepared, those with the most bytes of constants first, by powers of two: what a large constant
// gives back has room for the packed forms of smaller ones, but not the other way round, and the heap never shrinks.
// Checks their operands.
std::vector<uint32_t> largest_constants_first(const Graph& graph) {
  std::vector<uint8_t> leading_zeros(graph.nodes.size(), 0xFF);
  for (uint32_t n = 0; n < graph.nodes.size(); ++n) {
    const Node& node = graph.nodes[n];
    if (node.op->prepare == nullptr || !graph.knows_types(node)) continue;
    infer_node(graph, node, operands_of(graph, node));
    uint64_t bytes = 0;
    for (std::size_t i = 0; i < node.inputs.size(); ++i)
      if (const Tensor* constant = graph.constant_input(node, i)) bytes += constant->bytes();
    leading_zeros[n] = static_cast<uint8_t>(std::countl_zero(bytes));
  }
  std::vector<uint32_t> order;
  for (int zeros = 0; zeros <= 64; ++zeros)
    for (uint32_t n = 0; n < leading_zeros.size(); ++n)
      if (leading_zeros[n] == zeros) order.push_back(n);
  return order;
}

}  // namespace

std::shared_ptr<const CompiledModel> compile(Graph lowered, const KernelPolicy& kernels) {
  verify(lowered);
  auto model = std::make_shared<CompiledModel>();
  model->kernels = kernels;
  for (Node& node : lowered.nodes)
    for (Subgraph& body : node.subgraphs) body.compiled = compile_stages(body.graph, kernels);
  PackedConstants constants(lowered);
  for (uint32_t n : largest_constants_first(lowered)) {
    Node& node = lowered.nodes[n];
    prepare_node(lowered, node, model->kernels);
    constants.add(node);
  }
  model->needed_by_plan = find_needed_by_plan(lowered);
  model->graph = std::move(lowered);
  return model;
}

}  // namespace octavo
