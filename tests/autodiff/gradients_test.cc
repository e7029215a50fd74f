// Every rule against PyTorch's autograd (tests/fixtures/pytorch/gradients.json) and against central differences.
#include "autodiff/gradients.h"

#include <cmath>
#include <map>
#include <set>

#include "base/error.h"
#include "ops/evaluate.h"
#include "support/graph_builder.h"
#include "support/interpreter.h"
#include "support/json_fixture.h"
#include "support/op_runner.h"

namespace octavo {
namespace {

using test::Json;

const Json& fixture() {
  static const Json document = test::read_json_fixture("pytorch/gradients.json");
  return document;
}

// A case as a graph whose floats are of `real`, which is float32 or float64.
struct Case {
  Graph graph;
  std::vector<Tensor> feeds;
  std::vector<std::string> wanted;
  std::vector<ValueId> parameters, outputs;
  std::vector<Tensor> seeds;  // float64, one an output
  ValueId loss = kNoValue;

  Case(const Json& json, DType real) {
    std::map<std::string, ValueId> ids;
    for (const Json& input : json["inputs"]) {
      const std::string& name = input["name"];
      Tensor tensor = make(input, real);
      if (input.contains("wanted")) {
        const ValueId id = graph.add_value({tensor.type(), name});
        graph.inputs.push_back(id);
        parameters.push_back(id);
        wanted.push_back(name);
        feeds.push_back(std::move(tensor));
        ids[name] = id;
      } else {
        ids[name] = graph.add_constant(name, std::move(tensor));
      }
    }
    for (const Json& each : json["nodes"]) {
      Node node;
      node.op = &get_op(each["op"].get<std::string>());
      node.name = graph.unique_value_name(each["op"].get<std::string>());
      for (const auto& [name, value] : each["attrs"].items()) {
        const bool is_double = name == "to" && real == DType::f64;
        node.attrs.set(name, is_double ? AttrValue(int64_t{1}) : attribute(value));
      }
      if (each.contains("notes")) {
        node.notes.qmin = each["notes"]["qmin"].get<int64_t>();
        node.notes.qmax = each["notes"]["qmax"].get<int64_t>();
      }
      for (const std::string name : each["inputs"])
        node.inputs.push_back(name.empty() ? kNoValue : ids.at(name));
      for (const std::string name : each["outputs"]) {
        node.outputs.push_back(name.empty() ? kNoValue : graph.add_value({{}, name}));
        ids[name] = node.outputs.back();
      }
      add(std::move(node));
    }
    for (std::size_t i = 0; i < json["outputs"].size(); ++i) {
      const ValueId id = ids.at(json["outputs"][i]);
      outputs.push_back(id);
      graph.outputs.push_back(id);
      Tensor seed(DType::f64, *graph[id].shape);
      const std::vector<float> values = of_128(json["seeds"][i]);
      REQUIRE(values.size() == seed.span<double>().size());
      std::ranges::copy(values, seed.span<double>().begin());
      const ValueId factor =
          graph.add_constant(graph.unique_value_name("seed"), converted(seed, *graph[id].dtype));
      const ValueId product = add("Mul", {id, factor});
      const ValueId sum = add("ReduceSum", {product}, {{"keepdims", int64_t{0}}});
      loss = loss == kNoValue ? sum : add("Add", {loss, sum});
      seeds.push_back(std::move(seed));
    }
  }

  // Σ seed · output, in float64.
  double evaluate(const std::vector<Tensor>& at) const {
    const std::vector<Tensor> ys = test::interpret(graph, at);
    double sum = 0;
    for (std::size_t i = 0; i < ys.size(); ++i)
      for (int64_t k = 0; k < ys[i].shape().elements(); ++k)
        sum += seeds[i].span<double>()[k] * number(ys[i], k);
    return sum;
  }

  std::vector<Tensor> gradients() const {
    Graph with = graph;
    with.outputs = add_gradients(with, loss, parameters);
    verify(with);
    INFO(dump(with));
    for (std::size_t i = 0; i < parameters.size(); ++i)
      REQUIRE(to_string(*with[with.outputs[i]].shape) == to_string(*with[parameters[i]].shape));
    return test::interpret(with, feeds);
  }

  static double number(const Tensor& tensor, int64_t i) {
    return tensor.dtype() == DType::f64 ? tensor.span<double>()[i]
                                        : static_cast<double>(tensor.span<float>()[i]);
  }
  static Tensor converted(const Tensor& tensor, DType dtype) {
    Tensor result(dtype, tensor.shape());
    for (int64_t i = 0; i < tensor.shape().elements(); ++i) {
      if (dtype == DType::f64)
        result.span<double>()[i] = number(tensor, i);
      else
        result.span<float>()[i] = static_cast<float>(number(tensor, i));
    }
    return result;
  }

 private:
  static AttrValue attribute(const Json& value) {
    if (value.is_number_integer()) return value.get<int64_t>();
    if (value.is_number()) return value.get<float>();
    if (value.is_string()) return value.get<std::string>();
    return value.get<std::vector<int64_t>>();
  }
  static std::vector<float> of_128(const Json& json) {
    std::vector<float> values = test::to_floats(json);
    for (float& value : values) value /= 128;
    return values;
  }
  template <class T> static Tensor integers(const Json& input, Shape shape) {
    Tensor tensor(dtype_of<T>, std::move(shape));
    for (std::size_t i = 0; i < input["data"].size(); ++i)
      tensor.span<T>()[i] = static_cast<T>(input["data"][i].get<int64_t>());
    return tensor;
  }
  static Tensor make(const Json& input, DType real) {
    const Shape shape{Dims(std::span<const int64_t>(input["shape"].get<std::vector<int64_t>>()))};
    const std::string& dtype = input["dtype"];
    if (dtype == "int64") return integers<int64_t>(input, shape);
    if (dtype == "int32") return integers<int32_t>(input, shape);
    if (dtype == "uint8") return integers<uint8_t>(input, shape);
    if (dtype == "int8") return integers<int8_t>(input, shape);
    if (dtype == "bool") {
      Tensor tensor = integers<uint8_t>(input, shape), result(DType::boolean, shape);
      std::ranges::copy(tensor.span<uint8_t>(), result.view().as<uint8_t>());
      return result;
    }
    const std::vector<float> values =
        input.contains("of_128") ? of_128(input["of_128"]) : test::to_floats(input["data"]);
    return converted(Tensor::of<float>(shape, values), real);
  }
  void add(Node node) {
    const std::vector<Operand> types = infer_node(graph, node, operands_of(graph, node));
    for (std::size_t i = 0; i < types.size(); ++i)
      if (node.outputs[i] != kNoValue) static_cast<TensorType&>(graph[node.outputs[i]]) = types[i];
    graph.nodes.push_back(std::move(node));
  }
  ValueId add(std::string_view op, std::vector<ValueId> inputs,
              std::initializer_list<std::pair<std::string_view, AttrValue>> attrs = {}) {
    Node node;
    node.op = &get_op(op);
    node.name = graph.unique_value_name(op);
    node.attrs = test::attrs(attrs);
    node.inputs = std::move(inputs);
    node.outputs = {graph.add_value({{}, node.name})};
    add(node);
    return node.outputs[0];
  }
};

// No element further from what is expected than `tolerance` of the largest one.
void check_near(const Tensor& actual, const std::vector<double>& expected, double tolerance) {
  REQUIRE(static_cast<std::size_t>(actual.shape().elements()) == expected.size());
  double largest = 0, difference = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    largest = std::fmax(largest, std::abs(expected[i]));
    const double distance = std::abs(Case::number(actual, static_cast<int64_t>(i)) - expected[i]);
    difference = distance <= difference ? difference : distance;  // NaN stays
  }
  INFO("difference " << difference << ", largest " << largest);
  CHECK(difference <= tolerance * std::fmax(largest, 1e-3));
}

// By five points: an error of h⁴.
std::vector<double> differences(const Case& c, std::size_t input, double h) {
  std::vector<Tensor> at;
  for (const Tensor& feed : c.feeds) at.push_back(Tensor::copy_of(feed.view()));
  std::vector<double> slopes;
  for (int64_t i = 0; i < at[input].shape().elements(); ++i) {
    const double x = Case::number(at[input], i);
    const auto loss_at = [&](double value) {
      if (at[input].dtype() == DType::f64)
        at[input].span<double>()[i] = value;
      else
        at[input].span<float>()[i] = static_cast<float>(value);
      return c.evaluate(at);
    };
    const double near = loss_at(x + h) - loss_at(x - h), far = loss_at(x + 2 * h) - loss_at(x - 2 * h);
    loss_at(x);
    slopes.push_back((8 * near - far) / (12 * h));
  }
  return slopes;
}

TEST_CASE("Gradients are those of PyTorch's autograd") {
  for (const Json& json : fixture()["cases"]) {
    if (!json.contains("gradients")) continue;
    DYNAMIC_SECTION(json["name"].get<std::string>()) {
      const Case c(json, DType::f32);
      const std::vector<Tensor> gradients = c.gradients();
      for (std::size_t i = 0; i < c.wanted.size(); ++i) {
        INFO("by " << c.wanted[i]);
        const std::vector<float> expected = test::to_floats(json["gradients"][c.wanted[i]]);
        check_near(gradients[i], {expected.begin(), expected.end()}, 1e-4);
      }
    }
  }
}

// In float64 where all operators of both passes have it.
std::unique_ptr<Case> in_float64(const Json& json) {
  try {
    auto c = std::make_unique<Case>(json, DType::f64);
    c->evaluate(c->feeds);
    Graph with = c->graph;
    add_gradients(with, c->loss, c->parameters);
    return test::count(with, "Cast") == 0 ? std::move(c) : nullptr;
  } catch (const Error&) {
    return nullptr;
  }
}

TEST_CASE("Gradients are central differences") {
  for (const Json& json : fixture()["cases"]) {
    if (!json["differences"].get<bool>()) continue;
    DYNAMIC_SECTION(json["name"].get<std::string>()) {
      std::unique_ptr<Case> c = in_float64(json);
      const bool is_double = c != nullptr;
      if (!is_double) c = std::make_unique<Case>(json, DType::f32);
      const std::vector<Tensor> gradients = c->gradients();
      for (std::size_t i = 0; i < c->wanted.size(); ++i) {
        INFO("by " << c->wanted[i] << (is_double ? " in float64" : " in float32"));
        check_near(gradients[i], differences(*c, i, is_double ? 0x1p-10 : 0x1p-5), is_double ? 1e-8 : 1e-3);
      }
    }
  }
}

TEST_CASE("Every gradient rule has a case") {
  std::set<std::string> tested;
  for (const Json& json : fixture()["cases"])
    for (const Json& node : json["nodes"]) tested.insert(node["op"]);
  for (std::string_view op : differentiable_operators()) {
    INFO(op);
    CHECK(tested.contains(std::string(op)));
    CHECK(find_op(op) != nullptr);
  }
}

// Types of all values, which are known in a graph that is trained.
void infer_all(Graph& graph) {
  for (const Node& node : graph.nodes) {
    const std::vector<Operand> types = infer_node(graph, node, operands_of(graph, node));
    for (std::size_t i = 0; i < types.size(); ++i)
      if (node.outputs[i] != kNoValue) static_cast<TensorType&>(graph[node.outputs[i]]) = types[i];
  }
}

TEST_CASE("What has no gradient is named before anything is changed") {
  test::GraphBuilder b;
  const ValueId x = b.input("x", {2, 3}), w = b.constant({3}, {1, 2, 3});
  const ValueId product = b.node("Mul", {x, w});
  const ValueId rounded =
      b.node("LRN", {b.node("Reshape", {product, b.constant(Tensor::of<int64_t>({4}, {1, 2, 3, 1}))})},
             test::attrs({{"size", int64_t{1}}}));
  const ValueId hard = b.node("Hardmax", {rounded});
  const ValueId loss = b.node("ReduceSum", {hard}, test::attrs({{"keepdims", int64_t{0}}}));
  b.output(loss);
  infer_all(b.graph);
  const std::vector<MissingGradient> missing = missing_gradients(b.graph, loss, {w});
  REQUIRE(missing.size() == 2);
  CHECK(missing[0].op == "LRN");
  CHECK(missing[1].op == "Hardmax");
  CHECK(missing[0].reason == "it has no gradient rule");
  const std::string before = dump(b.graph);
  try {
    add_gradients(b.graph, loss, {w});
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.op() == "LRN");
    CHECK(error.node() == missing[0].node);
    CHECK(std::string(error.what())
              .ends_with("cannot be differentiated: it has no gradient rule; nor can 1 more"));
  }
  CHECK(dump(b.graph) == before);
}

TEST_CASE("A node that a rule cannot do is named with the reason") {
  const auto reason = [](auto&& build) {
    test::GraphBuilder b;
    const ValueId x = b.random({2, 3});
    const ValueId loss = b.node("ReduceSum", {build(b, x)}, test::attrs({{"keepdims", int64_t{0}}}));
    infer_all(b.graph);
    const std::vector<MissingGradient> missing = missing_gradients(b.graph, loss, {x});
    return missing.size() == 1 ? missing[0].op + ": " + missing[0].reason : "";
  };
  using Builder = test::GraphBuilder;
  CHECK(reason([](Builder& b, ValueId x) {
          const ValueId q = b.node("QuantizeLinear", {x, b.constant({}, {0.5f})});
          return b.node("DequantizeLinear", {q, b.constant({}, {0.25f})});
        }) == "DequantizeLinear: its scale or zero_point is not that of its QuantizeLinear");
  CHECK(reason([](Builder& b, ValueId x) {
          const ValueId s = b.constant({}, {0.5f}), q = b.node("QuantizeLinear", {x, s});
          b.output(b.node("Cast", {q}, test::attrs({{"to", int64_t{1}}})));
          return b.node("DequantizeLinear", {q, s});
        }) == "QuantizeLinear: its integers are read by something other than DequantizeLinear");
  CHECK(reason([](Builder& b, ValueId x) {
          const ValueId q = b.node("QuantizeLinear", {x, b.constant({}, {0.5f})});
          return b.node("DequantizeLinear", {q, b.constant({}, {0.5f})});  // of the same contents
        }) == "");
  CHECK(reason([](Builder& b, ValueId x) {
          return b.node("Resize", {x, kNoValue, kNoValue, b.constant(Tensor::of<int64_t>({2}, {4, 4}))},
                        test::attrs({{"keep_aspect_ratio_policy", "not_larger"}}));
        }) == "Resize: it keeps the aspect ratio");
  CHECK(reason([](Builder& b, ValueId x) {
          const ValueId sequence = b.node("Reshape", {x, b.constant(Tensor::of<int64_t>({3}, {2, 1, 3}))});
          return b.node("GRU", {sequence, b.random({1, 6, 3}), b.random({1, 6, 2})},
                        test::attrs({{"hidden_size", int64_t{2}}, {"clip", 3.0f}}));
        }) == "GRU: it has the attribute 'clip'");
}

TEST_CASE("Shapes on the way must be known") {
  test::GraphBuilder b;
  const ValueId x = b.input("x", {kDynamic, 3}), w = b.random({3, 4});
  const ValueId loss =
      b.node("ReduceSum", {b.node("MatMul", {x, w})}, test::attrs({{"keepdims", int64_t{0}}}));
  infer_all(b.graph);
  const std::vector<MissingGradient> missing = missing_gradients(b.graph, loss, {w});
  REQUIRE(missing.size() == 2);
  CHECK(missing[0].reason == "its shapes are not known");
}

TEST_CASE("A parameter that does not lead to the loss is an error, and so is a loss of many numbers") {
  test::GraphBuilder b;
  const ValueId x = b.input("x", {2, 3}), w = b.constant({3}, {1, 2, 3}), unused = b.constant({3}, {1, 2, 3});
  const ValueId product = b.node("Mul", {x, w});
  const ValueId loss = b.node("ReduceSum", {product}, test::attrs({{"keepdims", int64_t{0}}}));
  infer_all(b.graph);
  CHECK(test::error_of([&] { add_gradients(b.graph, loss, {w, unused}); }).find("does not lead to") !=
        std::string::npos);
  CHECK(test::error_of([&] { add_gradients(b.graph, product, {w}); }).find("is not one number") !=
        std::string::npos);
}

TEST_CASE("Only what leads from a parameter to the loss is visited") {
  test::GraphBuilder b;
  const ValueId x = b.input("x", {2, 3}), w = b.random({3, 4});
  const ValueId hidden =
      b.node("LRN", {b.node("Reshape", {x, b.constant(Tensor::of<int64_t>({4}, {1, 2, 3, 1}))})},
             test::attrs({{"size", int64_t{1}}}));
  const ValueId rows = b.node("Reshape", {hidden, b.constant(Tensor::of<int64_t>({2}, {2, 3}))});
  const ValueId loss =
      b.node("ReduceSum", {b.node("MatMul", {rows, w})}, test::attrs({{"keepdims", int64_t{0}}}));
  infer_all(b.graph);
  const std::vector<ValueId> gradients = add_gradients(b.graph, loss, {w});
  b.graph.outputs = gradients;
  verify(b.graph);
  CHECK(to_string(*b.graph[gradients[0]].shape) == "[3,4]");
  CHECK(test::count(b.graph, "Gemm") == 1);
}

}  // namespace
}  // namespace octavo
