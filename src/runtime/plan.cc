#include <algorithm>

#include "base/error.h"
#include "ops/evaluate.h"
#include "runtime/program.h"

namespace octavo {

namespace {

// Builds one Program: walks the nodes in order, infers shapes, computes what shapes depend on, and notes when each
// block of memory is first and last used.
class Planner {
 public:
  Planner(std::shared_ptr<const CompiledModel> model, const std::vector<Operand>& feeds)
      : model_(std::move(model)),
        graph_(model_->graph),
        program_(std::make_shared<Program>()),
        budget_(graph_) {
    operands_.resize(graph_.values.size());
    block_.assign(graph_.values.size(), kNoBlock);
    state_slot_.assign(graph_.values.size(), kNoBlock);
    made_.assign(graph_.values.size(), kNoBlock);
    bind_constants();
    bind_feeds(feeds);
    for (const Node& node : graph_.nodes) add(node);
  }

  std::shared_ptr<const Program> finish() {
    const int end = static_cast<int>(program_->steps.size());
    for (ValueId id : graph_.outputs)
      if (block_[id] != kNoBlock) blocks_[block_[id]].last = end;
    const MemoryPlan memory = plan_memory(blocks_);
    const auto place = [&](Slot& slot) {
      if (slot.kind == Slot::Kind::arena) slot.offset = memory.offsets[slot.offset];
    };
    for (Step& step : program_->steps) {
      std::ranges::for_each(step.inputs, place);
      std::ranges::for_each(step.outputs, place);
      if (step.workspace_bytes > 0) step.workspace_offset = memory.offsets[step.workspace_offset];
    }
    for (ValueId id : graph_.inputs) place(program_->inputs.emplace_back(slot(id)));
    for (ValueId id : graph_.outputs) place(program_->outputs.emplace_back(slot(id)));
    program_->arena_bytes = memory.arena_bytes;
    program_->model = std::move(model_);
    return program_;
  }

 private:
  static constexpr std::size_t kNoBlock = ~std::size_t{0};

  void bind_constants() {
    for (ValueId id = 0; id < graph_.values.size(); ++id)
      if (const Value& value = graph_[id]; value.is_constant()) operands_[id] = {value, value.constant.get()};
  }

  void bind_feeds(const std::vector<Operand>& feeds) {
    for (std::size_t i = 0; i < graph_.inputs.size(); ++i) {
      const ValueId id = graph_.inputs[i];
      if (is_state(i)) {
        require(!model_->needed_by_plan[id], ErrorCode::unsupported, "a shape depends on the state '{}'",
                graph_[id].name);
        operands_[id] = {graph_[id], nullptr};
        continue;
      }
      check_feed(graph_[id], feeds[i]);
      operands_[id] = {feeds[i], model_->needed_by_plan[id] ? feeds[i].known : nullptr};
      allocate(id, 0);
    }
  }

  bool is_state(std::size_t input) {
    const auto slot = std::ranges::find(graph_.states, input, &StateSlot::input);
    if (slot == graph_.states.end()) return false;
    state_slot_[graph_.inputs[input]] = static_cast<std::size_t>(slot - graph_.states.begin());
    return true;
  }

  static void check_feed(const Value& input, const Operand& feed) {
    const DType expected = input.dtype.value_or(*feed.dtype);
    // The first that reads 16-bit floats makes float32 of them.
    const bool is_half = expected == DType::f16 || expected == DType::bf16;
    require(feed.dtype == expected || (is_half && feed.dtype == DType::f32), ErrorCode::invalid_input,
            "input '{}' expects {}, got {}", input.name, dtype_name(expected), dtype_name(*feed.dtype));
    if (!input.shape) return;
    bool fits = feed.shape->rank() == input.shape->rank();
    for (int axis = 0; fits && axis < feed.shape->rank(); ++axis)
      fits = (*input.shape)[axis] == kDynamic || (*input.shape)[axis] == (*feed.shape)[axis];
    require(fits, ErrorCode::invalid_input, "input '{}' expects shape {}, got {}", input.name, *input.shape,
            *feed.shape);
  }

  void add(const Node& node) {
    std::vector<Operand> inputs;
    inputs.reserve(node.inputs.size());
    for (ValueId id : node.inputs) inputs.push_back(id == kNoValue ? Operand{} : operands_[id]);
    const std::vector<Operand> outputs = infer_node(graph_, node, inputs);
    if (is_computable_now(node) && budget_.take(outputs, inputs)) return compute_now(node, inputs);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const bool is_unread = node.outputs[i] == kNoValue, is_made = node.op->shape_depends_on_data;
      if (is_unread && !is_made) continue;
      const bool is_needed = !is_unread && model_->needed_by_plan[node.outputs[i]];
      if (is_needed || !(is_made || outputs[i].is_static()))
        throw Error(ErrorCode::unsupported, "a shape depends on data that is known only during the run")
            .at_node(node.name, node.op->name);
      if (is_unread) continue;
      if (!outputs[i].is_static()) made_[node.outputs[i]] = program_->made++;
      operands_[node.outputs[i]] = outputs[i];
    }
    const Node& ready = prepared(node);
    add_step(ready, {{ready, inputs, outputs}, model_->kernels});
  }

  // The node itself or, where not enough was known of its operands when the model was compiled, one that is prepared
  // now.
  const Node& prepared(const Node& node) {
    if (node.op->prepare == nullptr || node.prepared || graph_.knows_types(node)) return node;
    Node& here = program_->nodes.emplace_back(node);
    prepare_node(graph_, here, model_->kernels);
    return here;
  }

  // Shapes are arithmetic on few integers: whatever depends on constants and shapes alone is computed here.
  bool is_computable_now(const Node& node) const {
    if (node.op->reads_shape_only) return true;
    if (!node.subgraphs.empty()) return false;
    return std::ranges::all_of(node.inputs,
                               [&](ValueId id) { return id == kNoValue || operands_[id].known; });
  }

  void compute_now(const Node& node, std::span<const Operand> inputs) {
    std::vector<Tensor> outputs = evaluate_node(graph_, node, inputs, model_->kernels);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      if (node.outputs[i] == kNoValue) continue;
      const auto& kept = program_->folded.emplace_back(std::make_shared<const Tensor>(std::move(outputs[i])));
      operands_[node.outputs[i]] = Operand::of(*kept);
    }
  }

  void add_step(const Node& node, const PlanContext& context) {
    const int step_index = static_cast<int>(program_->steps.size());
    StepPlan plan = plan_node(context);
    // A view of a state that runs may change it: of the others nobody knows when.
    const bool is_view = plan.is_view && (block_[node.inputs[0]] != kNoBlock ||
                                          (plan.runs_as_view && state_slot_[node.inputs[0]] != kNoBlock));
    if (is_view) {
      block_[node.outputs[0]] = block_[node.inputs[0]];
      state_slot_[node.outputs[0]] = state_slot_[node.inputs[0]];
      if (!plan.runs_as_view) return;
    }
    Step step;
    step.node = &node;
    step.state = std::move(plan.state);
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const ValueId id = node.inputs[i];
      if (id != kNoValue && block_[id] != kNoBlock) blocks_[block_[id]].last = step_index;
      step.inputs.push_back(reads_packed(graph_, node, i)
                                ? Slot{Slot::Kind::constant, without_memory(operands_[id])}
                                : slot(id));
    }
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
      const ValueId id = node.outputs[i];
      if (id != kNoValue && !is_view && made_[id] == kNoBlock) allocate(id, step_index);
      // An operator that makes its outputs writes those, too, that nobody reads.
      const bool is_unread = id == kNoValue && node.op->shape_depends_on_data;
      step.outputs.push_back(is_unread ? made_slot(context.outputs[i], program_->made++) : slot(id));
    }
    step.workspace_bytes = plan.workspace;
    if (step.workspace_bytes > 0) {
      step.workspace_offset = blocks_.size();
      blocks_.push_back({step.workspace_bytes, step_index, step_index});
    }
    program_->steps.push_back(std::move(step));
  }

  void allocate(ValueId id, int step) {
    const Operand& operand = operands_[id];
    // A tensor without elements keeps a place of its own: its data pointer must not be null.
    block_[id] = blocks_.size();
    blocks_.push_back({std::max<std::size_t>(operand.bytes(), 1), step, step});
  }

  static TensorView without_memory(const TensorType& type) { return {*type.dtype, *type.shape}; }

  // Where nobody knows its dtype before, it has that of the first tensor that is made.
  static Slot made_slot(const TensorType& type, std::size_t number) {
    return {Slot::Kind::made, {type.dtype.value_or(DType::f32), {}}, number};
  }

  // Until finish(), an arena slot's offset is the index of its block.
  Slot slot(ValueId id) const {
    if (id == kNoValue) return {};
    const Operand& operand = operands_[id];
    if (block_[id] != kNoBlock) return {Slot::Kind::arena, without_memory(operand), block_[id]};
    if (made_[id] != kNoBlock) return made_slot(operand, made_[id]);
    if (state_slot_[id] != kNoBlock) return {Slot::Kind::state, without_memory(operand), state_slot_[id]};
    program_->constants.push_back(operand.known->memory());
    return {Slot::Kind::constant, operand.known->view()};
  }

  std::shared_ptr<const CompiledModel> model_;
  const Graph& graph_;
  std::shared_ptr<Program> program_;
  std::vector<Operand> operands_;   // by value
  std::vector<std::size_t> block_;  // by value: index into blocks_, or kNoBlock for what is known already
  std::vector<std::size_t> state_slot_;  // by value: index into Graph::states, or kNoBlock
  std::vector<std::size_t> made_;        // by value: its number among what steps make, or kNoBlock
  std::vector<Lifetime> blocks_;
  FoldingBudget budget_;
};

}  // namespace

std::shared_ptr<const Program> plan(std::shared_ptr<const CompiledModel> model,
                                    const std::vector<Operand>& feeds) {
  return Planner(std::move(model), feeds).finish();
}

}  // namespace octavo
