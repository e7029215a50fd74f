// What is written is ONNX, and reading it gives the same graph.
#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <ranges>

#include "graph/op_def.h"
#include "graph/rewriter.h"
#include "onnx/model_builder.h"

namespace octavo::onnx {
namespace {

Model through_bytes(const Model& model) { return read(write_model(model)); }

Value value_of(std::string name, DType dtype, std::optional<Shape> shape,
               std::vector<std::string> dim_names = {}) {
  Value value;
  value.name = std::move(name);
  value.dtype = dtype;
  value.shape = std::move(shape);
  value.dim_names = std::move(dim_names);
  return value;
}

// x -> Clip(x, -, hi) -> y
Model clip_model() {
  Model model;
  Graph& graph = model.graph;
  graph.name = "net";
  graph.inputs = {graph.add_value(value_of("x", DType::f32, Shape{kDynamic, 3, kDynamic}, {"N", "", ""}))};
  const ValueId hi = graph.add_constant("hi", Tensor::scalar(6.0f));
  graph.nodes = {make_node(graph, get_op("Clip"), "y", {graph.inputs[0], kNoValue, hi}, {DType::f32})};
  graph.outputs = graph.nodes[0].outputs;
  return model;
}

TEST_CASE("a graph comes back as it was") {
  Model model = clip_model();
  model.doc = "a doc";
  model.metadata_props = {{"k", "v"}};
  const Model back = through_bytes(model);
  CHECK(dump(back.graph) == dump(model.graph));
  CHECK(back.graph.name == "net");
  CHECK(back.opset == kOpset);
  CHECK(back.ir_version == kIrVersion);
  CHECK(back.producer_name == "octavo");
  CHECK(back.doc == "a doc");
  CHECK(back.metadata_props == model.metadata_props);
  const Value& x = back.graph[back.graph.inputs[0]];
  CHECK(*x.shape == Shape{kDynamic, 3, kDynamic});
  CHECK(x.dim_names == std::vector<std::string>{"N", "", ""});
  CHECK(!back.graph.nodes[0].has_input(1));
  CHECK(back.graph.constant_input(back.graph.nodes[0], 2)->span<float>()[0] == 6);
}

TEST_CASE("scalars and unknown ranks stay apart") {
  Model model = clip_model();
  Graph& graph = model.graph;
  graph[graph.inputs[0]].shape = Shape{};
  const Graph back = through_bytes(model).graph;
  CHECK(back[back.inputs[0]].shape == Shape{});
  CHECK(!back[back.outputs[0]].shape.has_value());
}

TEST_CASE("shapes of intermediate values are written") {
  Model model = clip_model();
  Graph& graph = model.graph;
  graph[graph.outputs[0]].shape = Shape{2, 3, 4};
  graph.nodes.push_back(
      make_node(graph, get_op("Shape"), "dims", {graph.outputs[0]}, {DType::s64, Shape{3}}));
  graph.outputs = graph.nodes[1].outputs;
  const Graph back = through_bytes(model).graph;
  const Value& y = back[back.nodes[0].outputs[0]];
  CHECK(y.shape == Shape{2, 3, 4});
  CHECK(dump(back) == dump(graph));
}

TEST_CASE("values of which nothing is known are written like those that a file leaves out") {
  Model model = clip_model();
  Graph& graph = model.graph;
  graph[graph.outputs[0]].shape = Shape{2, 3, 4};
  graph.nodes[0].notes.qmax = 127;  // so that the shape is not declared
  graph.nodes.push_back(
      make_node(graph, get_op("Shape"), "dims", {graph.outputs[0]}, {DType::s64, Shape{3}}));
  graph.outputs = graph.nodes[1].outputs;
  const Bytes bytes = write_model(model);
  CHECK(write_model(read(bytes)) == bytes);
}

TEST_CASE("constants of every dtype, and only those that are read") {
  Model model = clip_model();
  Graph& graph = model.graph;
  graph.add_constant("unused", Tensor::scalar(1.0f));
  Node concat;
  concat.op = graph.nodes[0].op;
  for (DType dtype : {DType::f32, DType::f64, DType::s8, DType::u8, DType::s16, DType::u16, DType::s32,
                      DType::u32, DType::s64, DType::u64, DType::boolean}) {
    Tensor tensor(dtype, Shape{2, 1});
    for (std::size_t i = 0; i < tensor.bytes(); ++i)
      tensor.view().data[i] = static_cast<std::byte>(dtype == DType::boolean ? i % 2 : 3 * i + 1);
    const ValueId id = graph.add_constant(std::string(dtype_name(dtype)), std::move(tensor));
    graph.outputs.push_back(id);
  }
  const Graph back = through_bytes(model).graph;
  REQUIRE(back.outputs.size() == graph.outputs.size());
  for (std::size_t i = 1; i < back.outputs.size(); ++i) {
    const Tensor &a = *graph[graph.outputs[i]].constant, &b = *back[back.outputs[i]].constant;
    REQUIRE(a.dtype() == b.dtype());
    CHECK(a.shape() == b.shape());
    CHECK(std::equal(a.view().data, a.view().data + a.bytes(), b.view().data));
  }
  for (const Value& value : back.values) CHECK(value.name != "unused");
}

// An operator of another domain with attributes of every type.
constexpr AttrDef kAnyAttributes[] = {{"i", AttrKind::integer},        {"f", AttrKind::real},
                                      {"s", AttrKind::string},         {"ints", AttrKind::integers},
                                      {"no_ints", AttrKind::integers}, {"floats", AttrKind::reals},
                                      {"strings", AttrKind::strings},  {"t", AttrKind::tensor}};
OCTAVO_OPERATOR(any, {.name = "org.example.Any", .since = 3, .max_inputs = 3, .attributes = kAnyAttributes});

TEST_CASE("attributes of every type come back, notes through the metadata, and the domain") {
  Model model = clip_model();
  model.graph.nodes[0].op = &get_op("org.example.Any");
  Attrs& attrs = model.graph.nodes[0].attrs;
  attrs.set("i", int64_t{0});
  attrs.set("f", 0.0f);
  attrs.set("s", std::string());
  attrs.set("ints", std::vector<int64_t>{-1, 0});
  attrs.set("no_ints", std::vector<int64_t>{});
  attrs.set("floats", std::vector<float>{0.5f});
  attrs.set("strings", std::vector<std::string>{"", "b"});
  attrs.set("t", std::make_shared<const Tensor>(Tensor::of<int64_t>({2}, {1, 2})));
  model.graph.nodes[0].notes = {.qmin = -3, .qmax = 127, .granularity = Granularity::row};
  const Bytes bytes = write_model(model);
  const Graph back = read(bytes).graph;
  CHECK(dump(back) == dump(model.graph));
  CHECK(back.nodes[0].attrs.get_tensor("t")->span<int64_t>()[1] == 2);
  CHECK(back.nodes[0].notes == model.graph.nodes[0].notes);
  CHECK(back.nodes[0].op->domain() == "org.example");
  CHECK(back.nodes[0].op->type() == "Any");
}

TEST_CASE("what an operator always computes is written, also where nobody reads it") {
  ModelBuilder builder;
  builder.nodes = {node("DynamicQuantizeLinear", {"x"}, {"y", "scale", "zero_point"})};
  const Model model = builder.read();
  CHECK(model.graph.nodes[0].outputs.size() == 3);
  CHECK(dump(through_bytes(model).graph) == dump(model.graph));
}

TEST_CASE("the same model gives the same bytes, and its reading too") {
  const Model model = clip_model();
  const Bytes bytes = write_model(model);
  CHECK(write_model(model) == bytes);
  CHECK(write_model(read(bytes)) == bytes);
}

TEST_CASE("attributes are written in the operator's order, whatever order they were set in") {
  Model model = clip_model();
  model.graph.nodes[0].op = &get_op("org.example.Any");
  Model other = model;
  model.graph.nodes[0].attrs.set("i", int64_t{1});
  model.graph.nodes[0].attrs.set("f", 2.0f);
  other.graph.nodes[0].attrs.set("f", 2.0f);
  other.graph.nodes[0].attrs.set("i", int64_t{1});
  CHECK(write_model(model) == write_model(other));
}

TEST_CASE("operators of Octavo's own cannot be written") {
  Model model = clip_model();
  Graph& graph = model.graph;
  graph.nodes.push_back(make_node(graph, get_op("octavo.Observe"), "seen", {graph.outputs[0]}, {DType::f32}));
  try {
    write_model(model);
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::unsupported);
    CHECK(error.node() == "seen");
    CHECK(error.op() == "octavo.Observe");
  }
}

// x · DQ(w), with blocks of 2 along the first axis.
Model nibble_model(std::vector<int8_t> integers, std::optional<int64_t> qmax) {
  Model model;
  Graph& graph = model.graph;
  graph.name = "net";
  graph.inputs = {graph.add_value(value_of("x", DType::f32, Shape{2, 3}))};
  const ValueId w = graph.add_constant("w", Tensor::of<int8_t>({3, 3}, integers)),
                scale = graph.add_constant("s", Tensor::of<float>({2, 3}, {1, 2, 3, 4, 5, 6})),
                zero_point = graph.add_constant("z", Tensor::of<int8_t>({2, 3}, {0, -8, 7, 1, 2, 3}));
  // Of an output of a node with notes, nothing is written.
  Node dequantize = make_node(graph, get_op("DequantizeLinear"), "dq", {w, scale, zero_point}, {});
  dequantize.attrs.set("axis", int64_t{0});
  dequantize.attrs.set("block_size", int64_t{2});
  if (qmax) dequantize.notes = {.qmin = -8, .qmax = *qmax};
  Node product = make_node(graph, get_op("MatMul"), "y", {graph.inputs[0], dequantize.outputs[0]},
                           {DType::f32, Shape{2, 3}});
  graph.outputs = product.outputs;
  graph.nodes = {std::move(dequantize), std::move(product)};
  return model;
}

// How many initializers of the file are integers of 4 bits.
std::ptrdiff_t nibbles_in(const Bytes& file) {
  // data_type: INT4, name: "w" or "z"
  std::ptrdiff_t found = 0;
  for (const char* const name : {"w", "z"})
    found += file.find(std::string("\x10\x16\x42\x01") + name) != Bytes::npos;
  return found;
}

TEST_CASE("weights of 4 bits are written as such, and come back as they were") {
  const std::vector<int8_t> integers{-8, 7, 0, 1, -1, 2, 3, -3, 5};
  for (const int64_t qmax : {7, 6}) {
    const Model model = nibble_model(integers, qmax);
    const Bytes file = write_model(model);
    CHECK(nibbles_in(file) == 2);
    CHECK(dump(read(file).graph) == dump(model.graph));
    CHECK(write_model(read(file)) == file);
  }
  // Nothing says so; or the integers do not fit.
  CHECK(nibbles_in(write_model(nibble_model(integers, std::nullopt))) == 0);
  CHECK(nibbles_in(write_model(nibble_model({-8, 7, 0, 1, -1, 2, 3, -3, 8}, 7))) == 0);
}

TEST_CASE("weights of 4 bits that somebody else reads, too, are written as int8, and their zero points are") {
  const std::vector<int8_t> integers{-8, 7, 0, 1, -1, 2, 3, -3, 5};
  for (const std::size_t input : {0, 2}) {
    Model model = nibble_model(integers, 7);
    Graph& graph = model.graph;
    graph.nodes.push_back(make_node(graph, get_op("Identity"), "other", {graph.nodes[0].inputs[input]},
                                    {DType::s8, Shape{3, 3}}));
    graph[graph.nodes[2].outputs[0]].shape = graph[graph.nodes[0].inputs[input]].shape;
    graph.outputs.push_back(graph.nodes[2].outputs[0]);
    const Bytes file = write_model(model);
    CHECK(nibbles_in(file) == 0);
    CHECK(dump(read(file).graph) == dump(graph));
  }
}

}  // namespace
}  // namespace octavo::onnx
