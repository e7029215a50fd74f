// Bad files: every one gives an Error that says what is wrong.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_all.hpp>
#include <random>

#include "onnx/model_builder.h"

namespace octavo::onnx {
namespace {

using protozero::pbf_writer;

ModelBuilder relu_model() {
  ModelBuilder builder;
  builder.nodes = {node("Relu", {"x"}, {"y"})};
  return builder;
}

bool says(const Error& error, std::string_view text) { return std::string_view(error.what()).contains(text); }

void check_invalid(std::string_view bytes) { CHECK(failure(bytes).code() == ErrorCode::invalid_model); }

TEST_CASE("bytes that are no ONNX model") {
  CHECK(says(failure(""), "empty"));
  check_invalid("");
  check_invalid(std::string(1000, '\0'));
  check_invalid("<!DOCTYPE html><html></html>");
  check_invalid("{\"error\": \"not found\"}");
  check_invalid("version https://git-lfs.github.com/spec/v1\n");
  check_invalid("\xFF\xD8\xFF\xE0\0\x10JFIF");
  check_invalid(std::string(100, '\x7A'));
  check_invalid(read_file(OCTAVO_MODELS_DIR "/photos/cat.jpg"));
}

TEST_CASE("a length that says more than there is") {
  // Field 7 (graph), length 4 GiB - 1.
  check_invalid(std::string("\x3A\xFF\xFF\xFF\xFF\x0F\x0A\x00", 8));
  // The same for an unknown field, inside of the graph, with a length of -1 and -2^31 where pointers have 32 bits.
  check_invalid(std::string("\x3A\x07\xFA\x01\xFF\xFF\xFF\xFF\x0F", 9));
  for (const char* length : {"\xFF\xFF\xFF\xFF\x0F", "\x80\x80\x80\x80\x08", "\xFB\xFF\xFF\xFF\x0F"}) {
    ModelBuilder model = relu_model();
    for (const char* tag : {"\x7A", "\x0A", "\x2A", "\x5A"})
      check_invalid(model.bytes() + "\x3A\x06" + tag + length);
    check_invalid(model.bytes() + "\x7A" + length);
  }
  // A varint without end.
  check_invalid(std::string(1, '\x08') + std::string(20, '\xFF'));
}

TEST_CASE("versions") {
  for (int64_t opset : {29, -3}) {
    ModelBuilder builder = relu_model();
    builder.opset = opset;
    const Error error = failure(builder);
    CHECK(error.code() == ErrorCode::unsupported);
    CHECK(says(error, "opset " + std::to_string(opset)));
  }
  for (int64_t opset : {1, 7, 21, 22, 23, 24, 25, 28}) {
    ModelBuilder builder = relu_model();
    builder.opset = opset;
    CHECK(builder.read().opset == opset);
  }
  ModelBuilder none = relu_model();
  none.opset = 0;
  CHECK(failure(none).code() == ErrorCode::invalid_model);
  ModelBuilder old = relu_model();
  old.ir_version = 2;
  CHECK(failure(old).code() == ErrorCode::unsupported);
  old.ir_version = 0;
  CHECK(failure(old).code() == ErrorCode::invalid_model);
}

TEST_CASE("operators that Octavo lacks are named with node, domain and opset") {
  ModelBuilder builder;
  builder.opset = 13;
  builder.nodes = {node("StringNormalizer", {"x"}, {"y"}, {}, "sum")};
  const Error unknown = failure(builder);
  CHECK(unknown.code() == ErrorCode::unsupported);
  CHECK(unknown.node() == "sum");
  CHECK(unknown.op() == "StringNormalizer");
  CHECK(says(unknown, "opset 13"));

  Bytes bytes = node("Inverse", {"x"}, {"y"});
  pbf_writer(bytes).add_string(node_proto::domain, "com.microsoft");
  builder.nodes = {bytes};
  const Error foreign = failure(builder);
  CHECK(foreign.code() == ErrorCode::unsupported);
  CHECK(foreign.op() == "Inverse");
  CHECK(says(foreign, "com.microsoft"));

  builder.nodes = {node("octavo.Observe", {"x"}, {"y"})};
  CHECK(failure(builder).code() == ErrorCode::unsupported);
}

TEST_CASE("features that Octavo lacks") {
  ModelBuilder graph_attribute = relu_model();
  graph_attribute.nodes = {node("Relu", {"x"}, {"y"}, {message([](pbf_writer& out) {
                                  out.add_string(attribute_proto::name, "body");
                                  out.add_message(6, Bytes());
                                  out.add_int32(attribute_proto::type, 5);
                                })},
                                "loop")};
  CHECK(failure(graph_attribute).code() == ErrorCode::unsupported);
  CHECK(failure(graph_attribute).node() == "loop");
  CHECK(says(failure(graph_attribute), "'body' holds a graph"));

  ModelBuilder sparse = relu_model();
  sparse.more_graph = [](pbf_writer& out) { out.add_message(graph_proto::sparse_initializer, Bytes("x")); };
  CHECK(failure(sparse).code() == ErrorCode::unsupported);

  ModelBuilder function = relu_model();
  function.more_model = [](pbf_writer& out) {
    pbf_writer(out, model_proto::functions).add_string(function_proto::name, "Relu");
  };
  CHECK(failure(function).code() == ErrorCode::unsupported);

  ModelBuilder strings = relu_model();
  strings.inputs = {value_info("x", kString, {1})};
  CHECK(failure(strings).code() == ErrorCode::unsupported);
  CHECK(says(failure(strings), "string"));

  ModelBuilder missing = relu_model();
  missing.nodes = {node("Relu", {"x"}, {"a"}), node("Foo", {"a"}, {"b"}), node("Bar", {"b"}, {"c"}),
                   node("Foo", {"c"}, {"y"})};
  CHECK(failure(missing).code() == ErrorCode::unsupported);
  CHECK(says(failure(missing), "these operators are not supported (opset"));
  CHECK(says(failure(missing), "): Foo, Bar"));

  ModelBuilder sequence = relu_model();
  sequence.inputs = {message([](pbf_writer& out) {
    out.add_string(value_info_proto::name, "x");
    out.add_message(value_info_proto::type,
                    message([](pbf_writer& type) { type.add_message(4, Bytes("x")); }));
  })};
  CHECK(failure(sequence).code() == ErrorCode::unsupported);
}

TEST_CASE("graphs that do not hang together") {
  struct Case {
    const char* what;
    std::vector<Bytes> nodes;
  };
  const Case cases[] = {
      {"a missing input", {node("Relu", {"nowhere"}, {"y"})}},
      {"an output that nothing computes", {node("Relu", {"x"}, {"z"})}},
      {"a value computed twice", {node("Relu", {"x"}, {"y"}), node("Relu", {"x"}, {"y"})}},
      {"a node that computes an input", {node("Relu", {"x"}, {"x"}), node("Relu", {"x"}, {"y"})}},
      {"one node, one output twice", {node("DynamicQuantizeLinear", {"x"}, {"y", "y"})}},
      {"an attribute twice",
       {node("Relu", {"x"}, {"y"}, {attribute("a", int64_t{1}), attribute("a", int64_t{2})})}},
      {"a thousand attributes",
       {node("Relu", {"x"}, {"y"}, std::vector<Bytes>(1000, attribute("a", int64_t{1})))}},
      {"an attribute without type", {node("Relu", {"x"}, {"y"}, {message([](pbf_writer& out) {
                                            out.add_string(attribute_proto::name, "a");
                                          })})}},
      {"no nodes", {}},
  };
  for (const Case& each : cases) {
    INFO(each.what);
    ModelBuilder builder;
    builder.nodes = each.nodes;
    CHECK(failure(builder).code() == ErrorCode::invalid_model);
  }
  ModelBuilder constants = relu_model();
  constants.nodes = {node("Constant", {}, {"y", "z"}, {attribute("value_float", 1.0f)})};
  constants.outputs.push_back(value_info("z", kFloat, {}));
  CHECK(failure(constants).code() == ErrorCode::unsupported);
  ModelBuilder twice = relu_model();
  twice.inputs.push_back(twice.inputs[0]);
  CHECK(failure(twice).code() == ErrorCode::invalid_model);
  ModelBuilder outputs = relu_model();
  outputs.outputs.push_back(outputs.outputs[0]);
  CHECK(failure(outputs).code() == ErrorCode::invalid_model);
  outputs.outputs.clear();
  CHECK(failure(outputs).code() == ErrorCode::invalid_model);
  ModelBuilder initializers = relu_model();
  initializers.initializers = {float_tensor("w", {1}, {1}), float_tensor("w", {1}, {1})};
  CHECK(failure(initializers).code() == ErrorCode::invalid_model);
  ModelBuilder graphs = relu_model();
  graphs.more_model = [](pbf_writer& out) { out.add_message(model_proto::graph, Bytes("x")); };
  CHECK(failure(graphs).code() == ErrorCode::invalid_model);
  ModelBuilder huge = relu_model();
  huge.inputs = {value_info("x", kFloat, {int64_t{1} << 40, int64_t{1} << 40})};
  CHECK(failure(huge).code() == ErrorCode::invalid_model);
  ModelBuilder untyped = relu_model();
  untyped.inputs = {message([](pbf_writer& out) { out.add_string(value_info_proto::name, "x"); })};
  CHECK(failure(untyped).code() == ErrorCode::invalid_model);
}

TEST_CASE("cycles") {
  ModelBuilder builder;
  builder.nodes = {node("Add", {"x", "b"}, {"a"}), node("Relu", {"a"}, {"b"}), node("Relu", {"b"}, {"y"})};
  CHECK(failure(builder).code() == ErrorCode::invalid_graph);
  CHECK(says(failure(builder), "cycle"));
  builder.nodes = {node("Add", {"x", "y"}, {"y"})};
  CHECK(failure(builder).code() == ErrorCode::invalid_graph);
}

TEST_CASE("too few and too many inputs and outputs") {
  const auto code = [](const Bytes& bytes) {
    ModelBuilder builder;
    builder.nodes = {bytes};
    return failure(builder).code();
  };
  CHECK(code(node("Add", {"x"}, {"y"})) == ErrorCode::invalid_graph);
  CHECK(code(node("Add", {"x", ""}, {"y"})) == ErrorCode::invalid_graph);
  CHECK(code(node("Add", {"", "x"}, {"y"})) == ErrorCode::invalid_graph);
  CHECK(code(node("Add", {"x", "x", "x"}, {"y"})) == ErrorCode::invalid_graph);
  CHECK(code(node("Unsqueeze", {"x"}, {"y"})) == ErrorCode::invalid_graph);
  ModelBuilder two_outputs;
  two_outputs.nodes = {node("AveragePool", {"x"}, {"y", "indices"})};
  CHECK(two_outputs.read().graph.nodes.size() == 1);
  two_outputs.outputs.push_back(value_info("indices", kInt64, {}));
  CHECK(failure(two_outputs).code() == ErrorCode::unsupported);
}

TEST_CASE("names that are not UTF-8") {
  const char* bad[] = {"\xFF",         "a\x80",           "\xC0\xAF",
                       "\xE0\x80\x80", "\xED\xA0\x80",    "\xF5\x80\x80\x80",
                       "\xC3",         "\xF4\x90\x80\x80"};
  for (const char* name : bad) {
    ModelBuilder builder;
    builder.nodes = {node("Relu", {"x"}, {name}), node("Relu", {name}, {"y"})};
    CHECK(failure(builder).code() == ErrorCode::invalid_model);
    CHECK(says(failure(builder), "UTF-8"));
  }
  ModelBuilder nul;
  nul.nodes = {node("Relu", {"x"}, {"y"}, {}, std::string_view("a\0b", 3))};
  CHECK(failure(nul).code() == ErrorCode::invalid_model);
  const char* good = "größe/\u6f22\U0001F600";
  ModelBuilder builder;
  builder.nodes = {node("Relu", {"x"}, {good}), node("Relu", {good}, {"y"})};
  CHECK(builder.read().graph[builder.read().graph.nodes[0].outputs[0]].name == good);
}

TEST_CASE("deep nesting and long chains cost no stack") {
  Bytes type;
  for (int i = 0; i < 2000; ++i)
    type = message([&](pbf_writer& out) {
      out.add_message(4, message([&](pbf_writer& o) { o.add_message(1, type); }));
    });
  ModelBuilder nested = relu_model();
  nested.inputs = {message([&](pbf_writer& out) {
    out.add_string(value_info_proto::name, "x");
    out.add_message(value_info_proto::type, type);
  })};
  CHECK(failure(nested).code() == ErrorCode::unsupported);

  ModelBuilder chain;
  const int length = 20000;
  for (int i = length; i-- > 0;)
    chain.nodes.push_back(node("Relu", {i == 0 ? "x" : std::to_string(i)},
                               {i == length - 1 ? "y" : std::to_string(i + 1)}, {}, "same name"));
  CHECK(chain.read().graph.nodes.size() == length);
}

// Reads bytes that may be anything. Returns whether they were a model; any other exception than Error fails the test.
bool survives(std::string_view bytes) {
  try {
    read(bytes);
    return true;
  } catch (const Error& error) {
    REQUIRE(*error.what() != '\0');
    return false;
  }
}

TEST_CASE("a real model cut off anywhere is an Error") {
  const Bytes file = read_file(OCTAVO_MODELS_DIR "/ppocr-cls.onnx");
  REQUIRE(survives(file));
  for (std::size_t size = 0; size < file.size(); size += 997) {
    INFO(size);
    REQUIRE(!survives(std::string_view(file).substr(0, size)));
  }
}

TEST_CASE("a real model with flipped bits is a model or an Error") {
  const std::string name = GENERATE("mnist", "ppocr-cls");
  const Bytes file = read_file(std::string(OCTAVO_MODELS_DIR "/") + name + ".onnx");
  std::mt19937 random(7);
  int rejected = 0;
  for (int round = 0; round < 400; ++round) {
    Bytes damaged = file;
    // Half of the time among the nodes, which come first: the rest are mostly weights, whose bits nobody can check.
    const std::size_t from = round % 2 == 0 ? 0 : random() % damaged.size();
    for (int flips = 1 + round % 64; flips > 0; --flips) {
      const uint32_t place = random() % 4096, bit = random() % 8;
      damaged[(from + place) % damaged.size()] ^= static_cast<char>(1 << bit);
    }
    rejected += !survives(damaged);
  }
  CHECK(rejected > 200);
}

}  // namespace
}  // namespace octavo::onnx
