// Runs that continue one another: what a model with caches of keys and values has seen.
#include "errors.h"
#include "facet.h"
#include "objects.h"
#include "tensors.h"

namespace octavo::bindings {

namespace {

using emscripten::val;

class JsSequence {
 public:
  explicit JsSequence(std::unique_ptr<Sequence> sequence) : sequence_(std::move(sequence)) {}

  // As JsModel's.
  val bind(const val& tensors) {
    return guarded([&] {
      session_.reset();
      const Feeds feeds(tensors);
      session_ = sequence_->bind(feeds.feeds);
      return to_js(*session_, feeds, sequence_->graph(), !sequence_->binds_contents());
    });
  }
  val execute() {
    return guarded([&] {
      sequence_->run(*session_);
      return val::undefined();
    });
  }
  double length() const { return static_cast<double>(sequence_->length()); }
  void reset() { sequence_->reset(); }
  // The names of what is fed and of what comes out: { inputs, outputs }.
  val describe() {
    return guarded([&] {
      const Graph& graph = sequence_->graph();
      const auto names = [&](const std::vector<ValueId>& ids, uint32_t StateSlot::* side) {
        val list = val::array();
        for (std::size_t i = 0; i < ids.size(); ++i)
          if (std::ranges::find(graph.states, i, side) == graph.states.end())
            list.call<void>("push", string_to_js(graph[ids[i]].name));
        return list;
      };
      val description = val::object();
      set(description, "inputs", names(graph.inputs, &StateSlot::input));
      set(description, "outputs", names(graph.outputs, &StateSlot::output));
      return description;
    });
  }

 private:
  std::unique_ptr<Sequence> sequence_;
  std::shared_ptr<Session> session_;  // the bound one
};

std::unique_ptr<JsSequence> begin_sequence(JsModel& js, double capacity, double batch) {
  return guarded([&] {
    return std::make_unique<JsSequence>(
        js.model().begin_sequence(static_cast<int64_t>(capacity), static_cast<int64_t>(batch)));
  });
}

const Facet facet([](ModelClass& model) {
  model.function("beginSequence", &begin_sequence);
  emscripten::class_<JsSequence>("Sequence")
      .function("describe", &JsSequence::describe)
      .function("bind", &JsSequence::bind)
      .function("execute", &JsSequence::execute)
      .function("length", &JsSequence::length)
      .function("reset", &JsSequence::reset);
});

}  // namespace

}  // namespace octavo::bindings
