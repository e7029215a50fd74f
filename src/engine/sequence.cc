#include "engine/engine.h"

namespace octavo {

Sequence::Sequence(std::shared_ptr<Executor> executor)
    : executor_(std::move(executor)), state_(std::make_shared<State>(graph())) {}

int64_t Sequence::length() const { return *(*state_)[graph().states.size() - 1].as<int64_t>(); }

std::shared_ptr<Session> Sequence::bind(std::span<const Feed> feeds) {
  executor_->use(state_);
  return executor_->bind(feeds);
}

void Sequence::run(Session& session) {
  session.use(state_);
  session.run();
}

const std::vector<TensorView>& Sequence::run(std::span<const Feed> feeds) {
  const std::shared_ptr<Session> session = bind(feeds);
  run(*session);
  return session->outputs();
}

std::unique_ptr<Sequence> Model::begin_sequence(int64_t capacity, int64_t batch) {
  Keeper* keeper = nullptr;  // one that nobody uses any more
  for (Keeper& each : keepers_) {
    auto executor = each.executor.lock();
    if (!executor)
      keeper = &each;
    else if (each.capacity == capacity && each.batch == batch)
      return std::make_unique<Sequence>(std::move(executor));
  }
  require(capacity > 0 && batch > 0, ErrorCode::invalid_option,
          "options 'capacity' and 'batch' are whole numbers above 0");
  Graph graph = model_.graph;
  keep_caches(graph, kernels_, capacity, batch);
  lower(graph, kernels_);
  const KernelPolicy policy = run_policy(graph, kernels_);
  auto executor = std::make_shared<Executor>(compile(std::move(graph), policy));
  if (keeper == nullptr) keeper = &keepers_.emplace_back();
  *keeper = {capacity, batch, executor};
  return std::make_unique<Sequence>(std::move(executor));
}

}  // namespace octavo
