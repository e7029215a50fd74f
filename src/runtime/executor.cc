#include "runtime/executor.h"

#include <algorithm>

#include "base/error.h"

namespace octavo {

namespace {

// An arena can take hundreds of megabytes; two cover a model that alternates between single pictures and batches.
constexpr std::size_t kMaxSessions = 2;

std::string input_names(const Graph& graph) {
  std::string names;
  for (ValueId id : graph.inputs) names += text(names.empty() ? "'" : ", '", graph[id].name, "'");
  return names;
}

std::vector<std::byte> bytes_of(const Tensor& tensor) {
  const std::byte* data = tensor.view().data;
  return {data, data + tensor.bytes()};
}

}  // namespace

std::vector<const Tensor*> Executor::in_order(std::span<const Feed> feeds) const {
  const Graph& graph = model_->graph;
  std::vector<const Tensor*> tensors(graph.inputs.size());
  for (const Feed& feed : feeds) {
    const auto input = std::ranges::find(graph.inputs, feed.name,
                                         [&](ValueId id) -> std::string_view { return graph[id].name; });
    require(input != graph.inputs.end(), ErrorCode::invalid_input, "the model has no input '", feed.name,
            "'; its inputs are ", input_names(graph));
    tensors[input - graph.inputs.begin()] = feed.tensor;
  }
  for (std::size_t i = 0; i < tensors.size(); ++i)
    require(tensors[i] != nullptr, ErrorCode::invalid_input, "input '", graph[graph.inputs[i]].name,
            "' is missing; the model's inputs are ", input_names(graph));
  return tensors;
}

bool Executor::matches(const Entry& entry, const std::vector<const Tensor*>& tensors) const {
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (entry.specs[i].dtype != tensors[i]->dtype() || entry.specs[i].shape != tensors[i]->shape())
      return false;
    const bool by_contents = model_->needed_by_plan[model_->graph.inputs[i]];
    if (by_contents &&
        !std::ranges::equal(entry.contents[i], std::span(tensors[i]->view().data, tensors[i]->bytes())))
      return false;
  }
  return true;
}

Session& Executor::session_for(std::span<const Feed> feeds) { return session_for(in_order(feeds)); }

Session& Executor::session_for(const std::vector<const Tensor*>& tensors) {
  const auto known =
      std::ranges::find_if(recent_, [&](const Entry& entry) { return matches(entry, tensors); });
  if (known != recent_.end()) {
    recent_.splice(recent_.begin(), recent_, known);
    return *recent_.front().session;
  }
  Entry entry;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    entry.specs.push_back({tensors[i]->dtype(), tensors[i]->shape(), tensors[i]});
    const bool by_contents = model_->needed_by_plan[model_->graph.inputs[i]];
    entry.contents.push_back(by_contents ? bytes_of(*tensors[i]) : std::vector<std::byte>());
  }
  auto program = plan(model_, entry.specs);
  for (FeedSpec& spec : entry.specs) spec.contents = nullptr;
  // The old arena goes before the new one comes.
  if (recent_.size() == kMaxSessions) recent_.pop_back();
  entry.session = std::make_unique<Session>(std::move(program));
  recent_.push_front(std::move(entry));
  return *recent_.front().session;
}

Session& Executor::bind(std::span<const Feed> feeds) {
  const std::vector<const Tensor*> tensors = in_order(feeds);
  Session& session = session_for(tensors);
  for (std::size_t i = 0; i < tensors.size(); ++i)
    std::copy_n(tensors[i]->view().data, tensors[i]->bytes(), session.inputs()[i].data);
  return session;
}

const std::vector<TensorView>& Executor::run(std::span<const Feed> feeds, TensorObserver* observer) {
  Session& session = bind(feeds);
  session.run(observer);
  return session.outputs();
}

}  // namespace octavo
