#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "base/error.h"
#include "passes/passes.h"
#include "support/graph_builder.h"
#include "support/interpreter.h"

using namespace octavo;
using namespace octavo::test;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

namespace {

constexpr int64_t kHeads = 2, kSize = 4, kHidden = kHeads * kSize, kCapacity = 12;

// One layer of a decoder: x [1, n, hidden], and a past of keys and of values.
struct Layer {
  GraphBuilder b;
  ValueId x = b.input("x", {1, kDynamic, kHidden});
  ValueId past_key = b.input("past_key", {1, kHeads, kDynamic, kSize});
  ValueId past_value = b.input("past_value", {1, kHeads, kDynamic, kSize});
  ValueId query = by_heads(), new_key = by_heads(), new_value = by_heads();
  ValueId present_key = kNoValue, present_value = kNoValue;

  ValueId numbers(std::vector<int64_t> values) {
    return b.constant(Tensor::of<int64_t>({std::ssize(values)}, std::span<const int64_t>(values)));
  }
  ValueId number(int64_t value) { return b.constant(Tensor::scalar(value)); }
  ValueId float_number(float value) { return b.constant(Tensor::scalar(value)); }
  ValueId transposed(ValueId id, std::vector<int64_t> permutation) {
    return b.node("Transpose", {id}, attrs({{"perm", std::move(permutation)}}));
  }
  ValueId by_heads() {
    const ValueId y = b.node("MatMul", {x, b.random({kHidden, kHidden}, 0.5f)});
    return transposed(b.node("Reshape", {y, numbers({0, 0, kHeads, kSize})}), {0, 2, 1, 3});
  }
  ValueId length_of(ValueId id, int64_t axis) {
    return b.node("Gather", {b.node("Shape", {id}), number(axis)});
  }
  void append() {
    const auto joined = [&](ValueId past, ValueId added) {
      return b.node("Concat", {past, added}, attrs({{"axis", int64_t{2}}}));
    };
    present_key = joined(past_key, new_key);
    present_value = joined(past_value, new_value);
  }
  ValueId scores() { return b.node("MatMul", {query, transposed(present_key, {0, 1, 3, 2})}); }
  // The outputs, for scores that are no odds yet.
  void answer(ValueId scores) { answer_by(b.node("Softmax", {scores}, attrs({{"axis", int64_t{-1}}}))); }
  void answer_by(ValueId odds) { finish(b.node("MatMul", {odds, present_value})); }
  void finish(ValueId y) {
    b.output(y);
    b.output(present_key);
    b.output(present_value);
  }
  // True where a row of the present is not behind the row of x: [n, length].
  ValueId seen() {
    const ValueId before = length_of(past_key, 2), all = length_of(present_key, 2);
    const ValueId rows = b.node("Range", {before, all, number(1)});
    const ValueId columns = b.node("Range", {number(0), all, number(1)});
    return b.node("LessOrEqual", {columns, b.node("Unsqueeze", {rows, numbers({1})})});
  }
};

// The graph with caches in place. Gives what the graph gives whose past is fed, run after run, up to the capacity.
Graph kept(Layer& layer, int64_t capacity = kCapacity) {
  GraphBuilder& b = layer.b;
  infer_shapes(b.graph);
  Graph graph = b.graph;
  keep_caches(graph, {}, capacity, 1);
  verify(graph);
  INFO(dump(graph));
  std::vector<Tensor> past, states;
  for (int i = 0; i < 2; ++i) past.emplace_back(DType::f32, Shape{1, kHeads, 0, kSize});
  for (const StateSlot& slot : graph.states) {
    const Value& value = graph[graph.inputs[slot.input]];
    Tensor& state = states.emplace_back(*value.dtype, *value.shape);
    std::fill_n(state.view().data, state.bytes(), std::byte{0});
  }
  for (int64_t added : {3, 1, 4, 1, 3}) {
    const Tensor x = b.random_tensor({1, added, kHidden});
    std::vector<Tensor> feeds, slots;
    feeds.push_back(Tensor::copy_of(x.view()));
    for (Tensor& each : past) feeds.push_back(std::move(each));
    for (std::size_t i = 0; i < graph.inputs.size(); ++i) {
      const auto slot = std::ranges::find(graph.states, i, &StateSlot::input);
      slots.push_back(slot == graph.states.end()
                          ? Tensor::copy_of(x.view())
                          : std::move(states[static_cast<std::size_t>(slot - graph.states.begin())]));
    }
    std::vector<Tensor> fed = interpret(b.graph, feeds), continued = interpret(graph, slots);
    CHECK(largest_difference(fed[0].view(), continued[0].view()) < 1e-5f);
    past.clear();
    past.push_back(std::move(fed[1]));
    past.push_back(std::move(fed[2]));
    states.clear();
    for (const StateSlot& slot : graph.states)
      states.push_back(Tensor::copy_of(continued[slot.output].view()));
  }
  CHECK(states.back().span<int64_t>()[0] == kCapacity);
  return graph;
}

void check_refused(Layer& layer, const std::string& why) {
  infer_shapes(layer.b.graph);
  CHECK_THROWS_MATCHES(keep_caches(layer.b.graph, {}, kCapacity, 1), Error,
                       MessageMatches(ContainsSubstring(why)));
}

}  // namespace

TEST_CASE("A mask of positions becomes a function of the length, and attention reads slots up to it") {
  Layer layer;
  layer.append();
  const ValueId mask =
      layer.b.node("Where", {layer.seen(), layer.float_number(0), layer.float_number(-1e30f)});
  layer.answer(layer.b.node("Add", {layer.scores(), mask}));
  const Graph graph = kept(layer);
  CHECK(count(graph, "Concat") == 0);
  CHECK(count(graph, "Softmax") == 0);
  CHECK(count(graph, "TensorScatter") == 2);
  CHECK(graph.states.size() == 3);
}

TEST_CASE("Rows and columns of a table of masks are taken where the length is, as older GPT-2 does") {
  Layer layer;
  layer.append();
  Tensor table(DType::boolean, {16, 16});
  for (int64_t i = 0; i < 256; ++i) table.span<bool>()[static_cast<std::size_t>(i)] = i % 16 <= i / 16;
  const auto list = [&](ValueId number) { return layer.b.node("Unsqueeze", {number, layer.numbers({0})}); };
  const ValueId all = list(layer.length_of(layer.present_key, 2));
  const ValueId added = list(layer.length_of(layer.query, 2));
  const ValueId rows = layer.b.node("Slice", {layer.b.constant(std::move(table)),
                                              layer.b.node("Sub", {all, added}), all, layer.numbers({0})});
  const ValueId seen = layer.b.node("Slice", {rows, layer.numbers({0}), all, layer.numbers({1})});
  layer.answer(layer.b.node("Where", {seen, layer.scores(), layer.float_number(-1e30f)}));
  kept(layer);
  CHECK_THROWS_AS(kept(layer, 17), Error);
}

TEST_CASE("Softmax that is spelt in its own way counts nothing beyond the length") {
  Layer layer;
  layer.append();
  const ValueId scores = layer.b.node("Tanh", {layer.scores()});
  const ValueId odds = layer.b.node("Softmax", {scores}, attrs({{"axis", int64_t{3}}}));
  const ValueId checked = layer.b.node("Where", {layer.b.node("IsNaN", {odds}), layer.float_number(0), odds});
  layer.answer_by(layer.b.node("Mul", {checked, layer.float_number(0.5f)}));
  CHECK(count(kept(layer), "Softmax") == 1);
}

TEST_CASE("ONNX's Attention has a past of its own, and sees no further than it is causal") {
  for (const bool is_causal : {false, true})
    for (const bool has_mask : {false, true}) {
      CAPTURE(is_causal, has_mask);
      Layer layer;
      const ValueId mask =
          has_mask
              ? layer.b.node(
                    "ConstantOfShape",
                    {layer.b.node(
                        "Concat",
                        {layer.numbers({1}),
                         layer.b.node("Unsqueeze", {layer.b.node("Add", {layer.length_of(layer.past_key, 2),
                                                                         layer.length_of(layer.x, 1)}),
                                                    layer.numbers({0})})},
                        attrs({{"axis", int64_t{0}}}))},
                    attrs({{"value", std::make_shared<const Tensor>(Tensor::of<float>({1}, {0.5f}))}}))
              : kNoValue;
      const ValueId y = layer.b.node(
          "Attention", {layer.query, layer.new_key, layer.new_value, mask, layer.past_key, layer.past_value},
          attrs({{"is_causal", int64_t{is_causal}}}));
      Graph& graph = layer.b.graph;
      for (ValueId* present : {&layer.present_key, &layer.present_value}) {
        *present = graph.add_value(
            {{DType::f32, Shape{1, kHeads, kDynamic, kSize}}, graph.unique_value_name("present")});
        graph.nodes.back().outputs.push_back(*present);
      }
      layer.finish(y);
      CHECK(count(kept(layer), "TensorScatter") == 2);
    }
}

TEST_CASE("What cannot be known of the length is refused, and the node is named") {
  Layer layer;
  layer.append();
  SECTION("a sum over the cache") {
    const ValueId mean = layer.b.node("ReduceMean", {layer.present_key, layer.numbers({2})});
    layer.answer(
        layer.b.node("Add", {layer.scores(), layer.b.node("ReduceMean", {mean, layer.numbers({3})})}));
    check_refused(layer, "computes across what is to come");
  }
  SECTION("the last row") {
    const ValueId last = layer.b.node(
        "Slice", {layer.present_key, layer.numbers({-1}), layer.numbers({1000}), layer.numbers({2})});
    layer.b.output(last);
    layer.answer(layer.scores());
    check_refused(layer, "slices from the end");
  }
  SECTION("the last row, by its index") {
    layer.b.output(
        layer.b.node("Gather", {layer.present_key, layer.number(-1)}, attrs({{"axis", int64_t{2}}})));
    layer.answer(layer.scores());
    check_refused(layer, "computes across what is to come");
  }
  SECTION("a look at the past alone") {
    const ValueId keys = layer.transposed(layer.past_key, {0, 1, 3, 2});
    const ValueId odds = layer.b.node("Softmax", {layer.b.node("MatMul", {layer.query, keys})});
    layer.finish(layer.b.node("MatMul", {odds, layer.past_value}));
    check_refused(layer, "not as long as past and new");
  }
  SECTION("values that are divided, by 0 where there are none yet") {
    const ValueId odds =
        layer.b.node("Mul", {layer.b.node("Softmax", {layer.scores()}), layer.float_number(1)});
    layer.finish(
        layer.b.node("MatMul", {odds, layer.b.node("Div", {layer.present_value, layer.present_value})}));
    check_refused(layer, "computes across what is to come");
  }
  SECTION("scores that come out") {
    const ValueId scores = layer.scores();
    layer.answer(scores);
    layer.b.output(scores);
    check_refused(layer, "is as long as the past");
  }
  SECTION("a cache in rows that are joined by more than one") {
    layer.b.output(
        layer.b.node("Concat", {layer.present_key, layer.past_key}, attrs({{"axis", int64_t{2}}})));
    layer.answer(layer.scores());
    check_refused(layer, "depends on the length in no simple way");
  }
}

TEST_CASE("A past that is not given back as it was is no cache") {
  GraphBuilder b;
  const ValueId past = b.input("past", {1, 4, kDynamic}), x = b.input("x", {1, 4, 1});
  b.output(b.node("Abs", {b.node("Concat", {past, x}, attrs({{"axis", int64_t{2}}}))}));
  infer_shapes(b.graph);
  CHECK_THROWS_MATCHES(keep_caches(b.graph, {}, kCapacity, 1), Error,
                       MessageMatches(ContainsSubstring("no input is a cache")));
}
