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
  Planner(std::shared_ptr<const CompiledModel> model, const std::vector<PlannedFeed>& feeds)
      : model_(std::move(model)),
        graph_(model_->graph),
        program_(std::make_shared<Program>()),
        tensors_(graph_.values.size()),
        budget_(graph_) {
    for (ValueId id = 0; id < tensors_.size(); ++id)
      if (const Value& value = graph_[id]; value.is_constant())
        static_cast<Operand&>(tensors_[id]) = {value, value.constant.get()};
    bind_feeds(feeds);
    for (const Node& node : graph_.nodes) add(node);
  }

  std::shared_ptr<const Program> finish() {
    const int end = static_cast<int>(program_->steps.size());
    for (ValueId id : graph_.outputs) use_block(id, end);
    const MemoryPlan memory = plan_memory(blocks_);
    for (ValueId id : graph_.inputs) program_->inputs.push_back(slot(id));
    for (ValueId id : graph_.outputs) program_->outputs.push_back(slot(id));
    const auto place = [&](std::vector<Slot>& slots) {
      for (Slot& slot : slots)
        if (slot.kind == Slot::Kind::arena) slot.offset = memory.offsets[slot.offset];
    };
    for (Step& step : program_->steps) {
      place(step.inputs);
      place(step.outputs);
      if (step.workspace_bytes > 0) step.workspace_offset = memory.offsets[step.workspace_offset];
    }
    place(program_->inputs);
    place(program_->outputs);
    program_->arena_bytes = memory.arena_bytes;
    program_->model = std::move(model_);
    return program_;
  }

 private:
  static constexpr uint32_t kNone = ~0u;

  // What is known of a value, and where it lies.
  struct Planned : Operand {
    uint32_t block = kNone;  // index into blocks_; none for what is known already
    uint32_t state = kNone;  // index into Graph::states
    uint32_t made = kNone;   // its number among what steps make
    uint32_t lent = kNone;   // index into Graph::inputs
  };

  void bind_feeds(const std::vector<PlannedFeed>& feeds) {
    for (std::size_t i = 0; i < graph_.inputs.size(); ++i) {
      const ValueId id = graph_.inputs[i];
      if (is_state(i)) {
        require(!model_->needed_by_plan[id], ErrorCode::unsupported, "a shape depends on the state '{}'",
                graph_[id].name);
        static_cast<TensorType&>(tensors_[id]) = graph_[id];
        continue;
      }
      check_feed(graph_[id], feeds[i]);
      static_cast<Operand&>(tensors_[id]) = feeds[i];
      if (!model_->needed_by_plan[id]) tensors_[id].known = nullptr;
      if (feeds[i].is_lent)
        tensors_[id].lent = static_cast<uint32_t>(i);
      else
        allocate(id, 0);
    }
  }

  bool is_state(std::size_t input) {
    const auto slot = std::ranges::find(graph_.states, input, &StateSlot::input);
    if (slot == graph_.states.end()) return false;
    tensors_[graph_.inputs[input]].state = static_cast<uint32_t>(slot - graph_.states.begin());
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
    for (ValueId id : node.inputs) inputs.push_back(id == kNoValue ? Operand{} : tensors_[id]);
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
      Planned& planned = tensors_[node.outputs[i]];
      if (!outputs[i].is_static()) planned.made = program_->made++;
      static_cast<Operand&>(planned) = outputs[i];
    }
    const Node& ready = prepared(node);
    add_step(ready, {{ready, inputs, outputs}, model_->kernels});
  }

  // The node itself or, where not enough was known of its operands when the model was compiled, one that is prepared
  // now.
  const Node& prepared(const Node& node) {
    if (node.op->prepare == nullptr || node.prepared || graph_.knows_types(node)) return node;
    auto here = std::make_unique<Node>(node);
    prepare_node(graph_, *here, model_->kernels);
    program_->nodes.push_back(std::move(here));
    return *program_->nodes.back();
  }

  // Shapes are arithmetic on few integers: whatever depends on constants and shapes alone is computed here.
  bool is_computable_now(const Node& node) const {
    if (node.op->reads_shape_only()) return true;
    if (!node.subgraphs.empty()) return false;
    return std::ranges::all_of(node.inputs, [&](ValueId id) { return id == kNoValue || tensors_[id].known; });
  }

  void compute_now(const Node& node, std::span<const Operand> inputs) {
    std::vector<Tensor> outputs = evaluate_node(graph_, node, inputs, model_->kernels);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      if (node.outputs[i] == kNoValue) continue;
      auto kept = std::make_shared<const Tensor>(std::move(outputs[i]));
      static_cast<Operand&>(tensors_[node.outputs[i]]) = Operand::of(*kept);
      program_->folded.push_back(std::move(kept));
    }
  }

  void add_step(const Node& node, const PlanContext& context) {
    const int step_index = static_cast<int>(program_->steps.size());
    StepPlan plan = plan_node(context);
    // A view of a state that runs may change it: of the others nobody knows when. Nobody changes what is lent.
    bool is_view = false;
    if (plan.is_view) {
      const Planned& viewed = tensors_[node.inputs[0]];
      is_view = viewed.block != kNone || (plan.runs_as_view ? viewed.state : viewed.lent) != kNone;
      if (is_view) {
        tensors_[node.outputs[0]].block = viewed.block;
        tensors_[node.outputs[0]].state = viewed.state;
        tensors_[node.outputs[0]].lent = viewed.lent;
        if (!plan.runs_as_view) return;
      }
    }
    Step step;
    step.node = &node;
    step.state = std::move(plan.state);
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const ValueId id = node.inputs[i];
      use_block(id, step_index);
      step.inputs.push_back(
          slot(id, reads_packed(graph_, node, i) || (node.op->shape_only_operands >> i & 1)));
    }
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
      const ValueId id = node.outputs[i];
      if (id != kNoValue && !is_view && tensors_[id].made == kNone) allocate(id, step_index);
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

  void use_block(ValueId id, int step) {
    if (id != kNoValue && tensors_[id].block != kNone) blocks_[tensors_[id].block].last = step;
  }

  void allocate(ValueId id, int step) {
    // A tensor without elements keeps a place of its own: its data pointer must not be null.
    const uint64_t bytes = std::max<std::size_t>(tensors_[id].bytes(), 1);
    tensors_[id].block = static_cast<uint32_t>(blocks_.size());
    blocks_.push_back({bytes, step, step});
  }

  // Where nobody knows its dtype before, it has that of the first tensor that is made.
  static Slot made_slot(const TensorType& type, std::size_t number) {
    return {Slot::Kind::made, {type.dtype.value_or(DType::f32), {}}, number};
  }

  // Until finish(), an arena slot's offset is the index of its block. `is_packed`: of a constant only the shape is
  // read.
  Slot slot(ValueId id, bool is_packed = false) const {
    if (id == kNoValue) return {};
    const Planned& planned = tensors_[id];
    if (planned.made != kNone && planned.block == kNone) return made_slot(planned, planned.made);
    Slot slot{Slot::Kind::constant, {*planned.dtype, *planned.shape}};
    if (is_packed) return slot;
    if (planned.block != kNone) {
      slot.kind = Slot::Kind::arena;
      slot.offset = planned.block;
    } else if (planned.state != kNone) {
      slot.kind = Slot::Kind::state;
      slot.offset = planned.state;
    } else if (planned.lent != kNone) {
      slot.kind = Slot::Kind::lent;
      slot.offset = planned.lent;
    } else {
      program_->constants.push_back(planned.known->memory());
      slot.tensor = planned.known->view();
    }
    return slot;
  }

  std::shared_ptr<const CompiledModel> model_;
  const Graph& graph_;
  std::shared_ptr<Program> program_;
  std::vector<Planned> tensors_;  // by value
  std::vector<Lifetime> blocks_;
  FoldingBudget budget_;
};

}  // namespace

std::shared_ptr<const Program> plan(std::shared_ptr<const CompiledModel> model,
                                    const std::vector<PlannedFeed>& feeds) {
  return Planner(std::move(model), feeds).finish();
}

}  // namespace octavo
