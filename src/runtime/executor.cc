#include "runtime/executor.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"

namespace octavo {

namespace {

// For people: the first few of them.
std::string input_names(const Graph& graph) {
  constexpr std::size_t kMostNames = 20;
  std::string names;
  for (ValueId id : std::span(graph.inputs).first(std::min(graph.inputs.size(), kMostNames)))
    names += text("{}{}'", names.empty() ? "'" : ", '", graph[id].name);
  if (graph.inputs.size() > kMostNames) names += text(" and {} more", graph.inputs.size() - kMostNames);
  return names;
}

// Stands for what nobody feeds.
std::byte state_feed{};

}  // namespace

std::size_t find_input(const Graph& graph, std::string_view name, std::size_t likely) {
  const auto has_name = [&](ValueId id) { return graph[id].name == name; };
  if (likely < graph.inputs.size() && has_name(graph.inputs[likely])) return likely;
  return static_cast<std::size_t>(std::ranges::find_if(graph.inputs, has_name) - graph.inputs.begin());
}

void Executor::order(std::span<const Feed> feeds) {
  const Graph& graph = model_->graph;
  ordered_.assign(graph.inputs.size(), {});
  is_lent_.assign(graph.inputs.size(), false);
  for (std::size_t i = 0; i < feeds.size(); ++i) {
    const std::size_t input = find_input(graph, feeds[i].name, i);
    if (input == graph.inputs.size())
      fail(ErrorCode::invalid_input, "the model has no input '{}'; its inputs are {}", feeds[i].name,
           input_names(graph));
    ordered_[input] = feeds[i].tensor;
    is_lent_[input] = feeds[i].is_lent;
  }
  for (const StateSlot& slot : graph.states) {
    if (ordered_[slot.input].present())
      fail(ErrorCode::invalid_input, "input '{}' is a state, which nobody feeds",
           graph[graph.inputs[slot.input]].name);
    ordered_[slot.input].data = &state_feed;
  }
  const auto missing = std::ranges::find(ordered_, false, &TensorView::present);
  if (missing != ordered_.end())
    fail(ErrorCode::invalid_input, "input '{}' is missing; the model's inputs are {}",
         graph[graph.inputs[missing - ordered_.begin()]].name, input_names(graph));
}

bool Executor::is_state(std::size_t input) const { return ordered_[input].data == &state_feed; }

bool Executor::matches(const Entry& entry) const {
  if (!entry.session) return false;
  for (std::size_t i = 0; i < ordered_.size(); ++i) {
    if (is_state(i)) continue;
    const TensorView& feed = ordered_[i];
    if (entry.feeds[i].dtype != feed.dtype || entry.feeds[i].shape != feed.shape) return false;
    if (entry.feeds[i].is_lent != (is_lent_[i] != 0)) return false;
    if (is_needed_by_plan(i) && std::memcmp(entry.contents[i]->view().data, feed.data, feed.bytes()) != 0)
      return false;
  }
  return true;
}

bool Executor::plan_depends_on_contents() const {
  return std::ranges::any_of(model_->graph.inputs, [&](ValueId id) { return model_->needed_by_plan[id]; });
}

const std::shared_ptr<Session>& Executor::session_for(std::span<const Feed> feeds) {
  order(feeds);
  return session_for_ordered();
}

const std::shared_ptr<Session>& Executor::session_for_ordered() {
  if (matches(recent_[0])) return recent_[0].session;
  std::swap(recent_[0], recent_[1]);
  Entry& entry = recent_[0];
  if (matches(entry)) return entry.session;
  Entry fresh;
  fresh.feeds.resize(ordered_.size());
  fresh.contents.resize(ordered_.size());
  for (std::size_t i = 0; i < ordered_.size(); ++i) {
    PlannedFeed& feed = fresh.feeds[i] = {ordered_[i].type(), is_lent_[i] != 0};
    if (is_state(i) || !is_needed_by_plan(i)) continue;
    fresh.contents[i] = std::make_shared<const Tensor>(Tensor::copy_of(ordered_[i]));
    feed.known = fresh.contents[i].get();
  }
  auto program = plan(model_, fresh.feeds);
  // The old arena goes before the new one comes.
  entry = std::move(fresh);
  entry.session = std::make_shared<Session>(std::move(program));
  // Sessions of other shapes go on with the same state.
  if (!state_) state_ = entry.session->state();
  return entry.session;
}

const std::shared_ptr<Session>& Executor::bind(std::span<const Feed> feeds) {
  const std::shared_ptr<Session>& session = session_for(feeds);
  if (state_) session->use(state_);
  session->lend(ordered_);
  for (std::size_t i = 0; i < ordered_.size(); ++i)
    if (!is_state(i) && !is_lent_[i])
      std::copy_n(ordered_[i].data, ordered_[i].bytes(), session->inputs()[i].data);
  return session;
}

const std::vector<TensorView>& Executor::run(std::span<const Feed> feeds, TensorObserver* observer) {
  const std::shared_ptr<Session>& session = bind(feeds);
  session->run(observer);
  return session->outputs();
}

}  // namespace octavo
