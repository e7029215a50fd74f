// Names, types, order and structure of what the reader builds.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "onnx/big_tensors.h"
#include "onnx/model_builder.h"
#include "onnx/node_reader.h"

namespace octavo::onnx {
namespace {

using protozero::pbf_writer;

TEST_CASE("a model keeps its names, types and metadata") {
  ModelBuilder builder;
  builder.opset = 17;
  builder.nodes = {node("Relu", {"x"}, {"y"}, {}, "act")};
  builder.more_model = [](pbf_writer& out) {
    out.add_string(model_proto::producer_version, "1.2");
    out.add_string(model_proto::doc_string, "a doc");
    pbf_writer entry(out, model_proto::metadata_props);
    entry.add_string(entry_proto::key, "author");
    entry.add_string(entry_proto::value, "Ada");
  };
  const Model model = builder.read();
  CHECK(model.opset == 17);
  CHECK(model.ir_version == 8);
  CHECK(model.producer_name == "builder");
  CHECK(model.producer_version == "1.2");
  CHECK(model.doc == "a doc");
  REQUIRE(model.metadata_props.size() == 1);
  CHECK(model.metadata_props[0] == std::pair<std::string, std::string>("author", "Ada"));
  CHECK(model.graph.name == "g");
  CHECK(dump(model.graph) == "y:float32[2,3] = Relu(x:float32[2,3])\n");
  CHECK(model.graph.nodes[0].name == "act");
}

TEST_CASE("large tensors move out of the file one by one") {
  ModelBuilder builder;
  builder.inputs = {value_info("x", kFloat, {1})};
  builder.outputs = {value_info("y", kFloat, {1})};
  constexpr int64_t kLarge = BigTensors::kSmallest / sizeof(float),
                    sizes[] = {kLarge + 5, 3, kLarge, 1, 3 * kLarge};
  std::string sum = "x";
  for (int i = 0; const int64_t size : sizes) {
    const std::string name = std::to_string(i), next = i == 4 ? "y" : "sum" + name;
    builder.initializers.push_back(tensor(name, kFloat, {size}, [&](pbf_writer& out) {
      std::vector<float> values(size);
      for (int64_t k = 0; k < size; ++k) values[k] = static_cast<float>(i * 1000 + k);
      out.add_bytes(tensor_proto::raw_data, reinterpret_cast<const char*>(values.data()),
                    size * sizeof(float));
    }));
    builder.nodes.push_back(node("Add", {sum, name}, {next}));
    sum = next;
    ++i;
  }
  const Model model = builder.read();
  for (int i = 0; i < 5; ++i) {
    const Node& add = model.graph.nodes[i];
    const auto values = model.graph[add.inputs[1]].constant->span<float>();
    REQUIRE(values.size() == static_cast<std::size_t>(sizes[i]));
    for (std::size_t k = 0; k < values.size(); ++k) REQUIRE(values[k] == static_cast<float>(i * 1000 + k));
  }
}

TEST_CASE("missing, zero and negative dimensions are dynamic, and dimension names are kept") {
  ModelBuilder builder;
  builder.inputs = {message([](pbf_writer& out) {
    out.add_string(value_info_proto::name, "x");
    pbf_writer type(out, value_info_proto::type);
    pbf_writer tensor_type(type, type_proto::tensor_type);
    tensor_type.add_int32(tensor_type_proto::elem_type, kFloat);
    pbf_writer shape(tensor_type, tensor_type_proto::shape);
    shape.add_message(shape_proto::dim,
                      message([](pbf_writer& dim) { dim.add_string(dim_proto::dim_param, "N"); }));
    for (int64_t size : {int64_t{0}, int64_t{-7}, int64_t{5}})
      shape.add_message(shape_proto::dim,
                        message([&](pbf_writer& dim) { dim.add_int64(dim_proto::dim_value, size); }));
    shape.add_message(shape_proto::dim, std::string());
  })};
  builder.nodes = {node("Relu", {"x"}, {"y"})};
  const Graph graph = builder.read().graph;
  const Value& x = graph[graph.inputs[0]];
  CHECK(*x.shape == Shape{kDynamic, kDynamic, kDynamic, 5, kDynamic});
  CHECK(x.dim_names == std::vector<std::string>{"N", "", "", "", ""});
}

TEST_CASE("a tensor type without shape leaves the rank open; a shape without dimensions is a scalar") {
  ModelBuilder builder;
  builder.inputs = {value_info("x", kFloat, {}), message([](pbf_writer& out) {
                      out.add_string(value_info_proto::name, "z");
                      pbf_writer type(out, value_info_proto::type);
                      pbf_writer tensor_type(type, type_proto::tensor_type);
                      tensor_type.add_int32(tensor_type_proto::elem_type, kInt64);
                    })};
  builder.nodes = {node("Add", {"x", "z"}, {"y"})};
  const Graph graph = builder.read().graph;
  CHECK(*graph[graph.inputs[0]].shape == Shape{});
  CHECK(!graph[graph.inputs[1]].shape.has_value());
  CHECK(graph[graph.inputs[1]].dtype == DType::s64);
}

TEST_CASE("value_info gives intermediate values their shape") {
  ModelBuilder builder;
  builder.nodes = {node("Shape", {"x"}, {"s"}),
                   node("Cast", {"s"}, {"y"}, {attribute("to", int64_t{kFloat})})};
  builder.value_infos = {value_info("s", kInt64, {2})};
  const Graph graph = builder.read().graph;
  const Value& s = graph[graph.nodes[0].outputs[0]];
  CHECK(s.dtype == DType::s64);
  CHECK(*s.shape == Shape{2});
}

TEST_CASE("an initializer that is listed as an input is a constant") {
  ModelBuilder builder;
  builder.inputs.push_back(value_info("w", kFloat, {3}));
  builder.initializers = {float_tensor("w", {3}, {1, 2, 3}), float_tensor("unused", {1}, {1})};
  builder.nodes = {node("Add", {"x", "w"}, {"y"})};
  const Graph graph = builder.read().graph;
  CHECK(graph.inputs.size() == 1);
  CHECK(graph.constant_input(graph.nodes[0], 1)->span<float>()[2] == 3);
  for (const Value& value : graph.values) CHECK(value.name != "unused");
}

TEST_CASE("nodes are sorted") {
  ModelBuilder builder;
  builder.nodes = {node("Relu", {"b"}, {"y"}), node("Relu", {"a"}, {"b"}), node("Relu", {"x"}, {"a"})};
  const Graph graph = builder.read().graph;
  CHECK(graph[graph.nodes[0].inputs[0]].name == "x");
  CHECK(graph[graph.nodes[2].outputs[0]].name == "y");
}

TEST_CASE("nodes without a name, or with one that is taken, get one") {
  ModelBuilder builder;
  builder.nodes = {node("Relu", {"x"}, {"a"}), node("Relu", {"a"}, {"b"}),
                   node("Relu", {"b"}, {"c"}, {}, "Relu"), node("Relu", {"c"}, {"y"}, {}, "Relu_2")};
  const Graph graph = builder.read().graph;
  std::vector<std::string> names;
  for (const Node& node : graph.nodes) names.push_back(node.name);
  CHECK(names == std::vector<std::string>{"Relu", "Relu_2", "Relu_3", "Relu_2_2"});
}

TEST_CASE("optional inputs in the middle stay out, those at the end are not there") {
  ModelBuilder builder;
  builder.initializers = {float_tensor("hi", {}, {6})};
  builder.nodes = {node("Clip", {"x", "", "hi"}, {"a"}), node("Clip", {"a", "", ""}, {"y"})};
  const Graph graph = builder.read().graph;
  REQUIRE(graph.nodes[0].inputs.size() == 3);
  CHECK(!graph.nodes[0].has_input(1));
  CHECK(graph.nodes[0].has_input(2));
  CHECK(graph.nodes[1].inputs.size() == 1);
}

TEST_CASE("outputs that nobody reads are not there, but for those that are always computed") {
  ModelBuilder builder;
  builder.nodes = {node("Dropout", {"x"}, {"d", "mask"}),
                   node("DynamicQuantizeLinear", {"d"}, {"q", "scale", "zero"}),
                   node("DequantizeLinear", {"q", "scale"}, {"y"})};
  const Graph graph = builder.read().graph;
  CHECK(graph.nodes[0].outputs.size() == 1);
  CHECK(graph.nodes[1].outputs.size() == 3);
}

TEST_CASE("an attribute that an operator does not have is refused, whatever else knows it") {
  for (const Bytes& unknown : {attribute("activation_max", 1.0f), attribute("channels_last", int64_t{1}),
                               attribute("octavo.qmax", int64_t{127}), attribute("alpha", 2.0f)}) {
    ModelBuilder builder;
    builder.nodes = {node("Relu", {"x"}, {"y"}, {unknown})};
    const Error error = failure(builder);
    CHECK(error.code() == ErrorCode::unsupported);
    CHECK(std::string_view(error.what()).contains("is unknown; there are none"));
  }
  ModelBuilder builder;
  builder.nodes = {node("Softmax", {"x"}, {"y"}, {attribute("axes", int64_t{1})}, "soft")};
  CHECK(std::string_view(failure(builder).what()).contains("'axes' is unknown; known are 'axis'"));
  CHECK(failure(builder).node() == "soft");
}

TEST_CASE("an attribute of the wrong type is refused") {
  ModelBuilder builder;
  builder.nodes = {node("Softmax", {"x"}, {"y"}, {attribute("axis", 1.0f)})};
  CHECK(failure(builder).code() == ErrorCode::invalid_graph);
}

TEST_CASE("an operator that the file's opset does not have is refused") {
  ModelBuilder builder;
  builder.nodes = {node("HardSwish", {"x"}, {"y"})};
  builder.opset = 13;
  CHECK(std::string_view(failure(builder).what()).contains("came with opset 14"));
  builder.opset = 14;
  CHECK(builder.read().graph.nodes.size() == 1);
}

namespace {

Graph read_with_metadata(std::initializer_list<std::pair<const char*, const char*>> entries) {
  ModelBuilder builder;
  Bytes bytes = node("Relu", {"x"}, {"y"});
  pbf_writer out(bytes);
  for (const auto& [key, value] : entries) {
    pbf_writer entry(out, node_proto::metadata_props);
    entry.add_string(entry_proto::key, key);
    entry.add_string(entry_proto::value, value);
  }
  builder.nodes = {bytes};
  return builder.read().graph;
}

}  // namespace

TEST_CASE("metadata of Octavo's own become notes, others do not") {
  const Graph graph = read_with_metadata({{"octavo.granularity", "row"},
                                          {"octavo.qmin", "-9223372036854775808"},
                                          {"octavo.qmax", "127"},
                                          {"octavo.unknown", "1"},
                                          {"pkg.torch", "1"}});
  CHECK(graph.nodes[0].notes ==
        QuantizationNotes{std::numeric_limits<int64_t>::min(), 127, Granularity::row});
  CHECK(graph.nodes[0].attrs.empty());
}

TEST_CASE("metadata of Octavo's own that make no sense are refused, with the node") {
  for (const auto& entry : {std::pair("octavo.granularity", "column"), std::pair("octavo.qmin", "-0x1"),
                            std::pair("octavo.qmax", "9223372036854775808"), std::pair("octavo.qmax", "")})
    CHECK_THROWS_WITH(read_with_metadata({entry}), Catch::Matchers::ContainsSubstring("Relu") &&
                                                       Catch::Matchers::ContainsSubstring(entry.first));
}

TEST_CASE("attributes of every type") {
  const Bytes bytes =
      node("Relu", {"x"}, {"y"},
           {attribute("i", int64_t{-3}), attribute("f", 0.5f), attribute("s", std::string_view("text")),
            attribute("ints", std::vector<int64_t>{1, -2}), attribute("floats", std::vector<float>{1.5f}),
            tensor_attribute("t", float_tensor("", {2}, {1, 2})), message([](pbf_writer& out) {
              out.add_string(attribute_proto::name, "packed");
              const int64_t values[] = {4, -5};
              out.add_packed_int64(attribute_proto::ints, values, values + 2);
              out.add_int32(attribute_proto::type, 7);
            }),
            message([](pbf_writer& out) {
              out.add_string(attribute_proto::name, "strings");
              out.add_string(attribute_proto::strings, "a");
              out.add_string(attribute_proto::strings, "b");
              out.add_int32(attribute_proto::type, 8);
            })});
  const Attrs attrs = read_node(pbf_reader(bytes)).attrs;
  CHECK(attrs.get_int("i", 0) == -3);
  CHECK(attrs.get_float("f", 0) == 0.5f);
  CHECK(attrs.get_string("s", "") == "text");
  CHECK(std::ranges::equal(attrs.get_ints("ints"), std::vector<int64_t>{1, -2}));
  CHECK(std::ranges::equal(attrs.get_ints("packed"), std::vector<int64_t>{4, -5}));
  CHECK(std::ranges::equal(attrs.get_floats("floats"), std::vector<float>{1.5f}));
  CHECK(attrs.get_tensor("t")->span<float>()[1] == 2);
  CHECK(attrs.has("strings"));
}

TEST_CASE("an output that an operator always computes has a place, also where the file leaves it out") {
  ModelBuilder builder;
  builder.nodes = {node("MaxPool", {"x"}, {"", "indices"}, {}, "pool"), node("Cast", {"indices"}, {"y"})};
  builder.value_infos = {value_info("pool_unused", kFloat, {1})};
  const Graph graph = builder.read().graph;
  const Node& pool = the_node(graph, "MaxPool");
  REQUIRE(pool.outputs.size() == 2);
  REQUIRE(pool.outputs[0] != kNoValue);
  CHECK(graph[pool.outputs[0]].name == "pool_unused");
  CHECK(graph[pool.outputs[1]].name == "indices");
}

TEST_CASE("both spellings of the default domain are the same, and other domains may be imported") {
  ModelBuilder builder;
  Bytes bytes = node("Relu", {"x"}, {"y"});
  pbf_writer(bytes).add_string(node_proto::domain, "ai.onnx");
  builder.nodes = {bytes};
  builder.opset = 0;
  builder.more_model = [](pbf_writer& out) {
    for (const auto& [domain, version] : {std::pair("com.microsoft", 1), std::pair("ai.onnx", 13)}) {
      pbf_writer import(out, model_proto::opset_import);
      import.add_string(opset_proto::domain, domain);
      import.add_int64(opset_proto::version, version);
    }
  };
  CHECK(builder.read().opset == 13);
}

}  // namespace
}  // namespace octavo::onnx
