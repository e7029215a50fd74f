#include "runtime/executor.h"

#include <algorithm>

#include "base/error.h"

namespace octavo {

namespace {

// An arena can take hundreds of megabytes; two cover a model that alternates between single pictures and batches.
constexpr std::size_t kMaxSessions = 2;

// For people: the first few of them.
std::string input_names(const Graph& graph) {
  constexpr std::size_t kMostNames = 20;
  std::string names;
  for (ValueId id : std::span(graph.inputs).first(std::min(graph.inputs.size(), kMostNames)))
    names += text("{}{}'", names.empty() ? "'" : ", '", graph[id].name);
  if (graph.inputs.size() > kMostNames) names += text(" and {} more", graph.inputs.size() - kMostNames);
  return names;
}

std::vector<std::byte> bytes_of(const TensorView& tensor) {
  return {tensor.data, tensor.data + tensor.bytes()};
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
  for (std::size_t i = 0; i < feeds.size(); ++i) {
    const std::size_t input = find_input(graph, feeds[i].name, i);
    if (input == graph.inputs.size())
      fail(ErrorCode::invalid_input, "the model has no input '{}'; its inputs are {}", feeds[i].name,
           input_names(graph));
    ordered_[input] = feeds[i].tensor;
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
  for (std::size_t i = 0; i < ordered_.size(); ++i) {
    if (is_state(i)) continue;
    if (entry.feeds[i].dtype != ordered_[i].dtype || entry.feeds[i].shape != ordered_[i].shape) return false;
    const bool by_contents = model_->needed_by_plan[model_->graph.inputs[i]];
    if (by_contents &&
        !std::ranges::equal(entry.contents[i], std::span(ordered_[i].data, ordered_[i].bytes())))
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
  const auto known = std::ranges::find_if(recent_, [&](const Entry& entry) { return matches(entry); });
  if (known != recent_.end()) {
    recent_.splice(recent_.begin(), recent_, known);
    return recent_.front().session;
  }
  Entry entry;
  std::vector<Tensor> contents;
  contents.reserve(ordered_.size());
  for (std::size_t i = 0; i < ordered_.size(); ++i) {
    const bool by_contents = !is_state(i) && model_->needed_by_plan[model_->graph.inputs[i]];
    entry.feeds.push_back(by_contents ? Operand::of(contents.emplace_back(Tensor::copy_of(ordered_[i])))
                                      : Operand(ordered_[i].type()));
    entry.contents.push_back(by_contents ? bytes_of(ordered_[i]) : std::vector<std::byte>());
  }
  auto program = plan(model_, entry.feeds);
  for (Operand& feed : entry.feeds) feed.known = nullptr;
  // The old arena goes before the new one comes.
  if (recent_.size() == kMaxSessions) recent_.pop_back();
  entry.session = std::make_shared<Session>(std::move(program));
  // Sessions of other shapes go on with the same state.
  if (!state_) state_ = entry.session->state();
  recent_.push_front(std::move(entry));
  return recent_.front().session;
}

const std::shared_ptr<Session>& Executor::bind(std::span<const Feed> feeds) {
  const std::shared_ptr<Session>& session = session_for(feeds);
  if (state_) session->use(state_);
  for (std::size_t i = 0; i < ordered_.size(); ++i)
    if (!is_state(i)) std::copy_n(ordered_[i].data, ordered_[i].bytes(), session->inputs()[i].data);
  return session;
}

const std::vector<TensorView>& Executor::run(std::span<const Feed> feeds, TensorObserver* observer) {
  const std::shared_ptr<Session>& session = bind(feeds);
  session->run(observer);
  return session->outputs();
}

}  // namespace octavo
