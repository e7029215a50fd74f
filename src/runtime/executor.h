// Runs a compiled model on feeds by name, whatever their shapes.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "runtime/session.h"

namespace octavo {

// A tensor for the graph input of that name. It is copied before the run starts; one that is lent is read where it
// lies, and stays as it is until the outputs are done with: they may lie in it.
struct Feed {
  std::string_view name;
  TensorView tensor;
  bool is_lent = false;

  Feed(std::string_view name, const TensorView& tensor, bool is_lent = false)
      : name(name), tensor(tensor), is_lent(is_lent) {}
  Feed(std::string_view name, const Tensor* tensor) : Feed(name, tensor->view()) {}
};

// The index among the graph's inputs of the one of that name, their number where there is none. `likely` is looked at
// first: feeds come mostly in order, and there may be thousands.
std::size_t find_input(const Graph& graph, std::string_view name, std::size_t likely);

// A compiled model with a session for each of the last few combinations of input shapes. The weights are shared; a
// new combination costs a plan and an arena. Not for use from several threads at once.
class Executor {
 public:
  explicit Executor(std::shared_ptr<const CompiledModel> model) : model_(std::move(model)) {}

  const std::shared_ptr<const CompiledModel>& model() const { return model_; }

  // Runs once. The result views stay valid until the next run. Throws Error(invalid_input), naming the feed, when one
  // is missing, unknown or does not fit its input.
  const std::vector<TensorView>& run(std::span<const Feed> feeds, TensorObserver* observer = nullptr);

  // Copies feeds to where the session for their shapes reads them, and returns that session. It serves later feeds of
  // the same shapes, too, unless the plan depends on their contents or some are lent.
  const std::shared_ptr<Session>& bind(std::span<const Feed> feeds);
  bool plan_depends_on_contents() const;
  // The state that runs change: one that begins with the first run, unless another is given. Null for a graph without.
  const std::shared_ptr<State>& state() const { return state_; }
  void use(std::shared_ptr<State> state) { state_ = std::move(state); }

  // Makes the plan and the arena for feeds of these shapes ahead of the first run.
  const std::shared_ptr<Session>& session_for(std::span<const Feed> feeds);

 private:
  struct Entry {
    std::vector<PlannedFeed> feeds;
    std::vector<ConstantTensor> contents;  // by input: what the plan depends on, else null
    std::shared_ptr<Session> session;
  };
  bool matches(const Entry& entry) const;
  bool is_state(std::size_t input) const;
  bool is_needed_by_plan(std::size_t input) const {
    return model_->needed_by_plan[model_->graph.inputs[input]] != 0;
  }
  // Sets ordered_.
  void order(std::span<const Feed> feeds);
  const std::shared_ptr<Session>& session_for_ordered();

  std::shared_ptr<const CompiledModel> model_;
  std::shared_ptr<State> state_;
  Entry recent_[2];  // the latest first; one that was never used has no session
  // Of the call under way, by graph input.
  std::vector<TensorView> ordered_;
  Flags is_lent_;
};

}  // namespace octavo
