// A promise that is broken ends the program: see promises.h. The name of the file is printed before.
#include <catch2/catch_test_macros.hpp>
#include <cstdio>

#include <set>

#include "fuzz/files.h"
#include "fuzz/new_nodes.h"
#include "fuzz/promises.h"
#include "fuzz/try_file.h"
#include "onnx/fields.h"

using namespace octavo;
using namespace octavo::fuzz;

namespace {

std::span<const std::byte> bytes_of(const File& file) { return std::as_bytes(std::span(file.bytes)); }

}  // namespace

TEST_CASE("Every model of the corpus runs, and so do its quantized forms") {
  for (const File& file : files_in("corpus")) {
    INFO(file.name);
    const auto model = Model::load(bytes_of(file), watched_kernels());
    Random random(1);
    const std::optional<Feeds> feeds = make_feeds(*model, random);
    REQUIRE(feeds);
    const auto answers = answers_to(*model, *feeds);
    CHECK(answers);
    check_written(*model, feeds, answers);
    if (model->describe().scheme != "none") continue;
    check_quantized(*model, *model->quantize_dynamic({}), *feeds);
    const auto calibration = model->calibrate(StaticOptions{});
    try {
      const bool is_observed = in_time([&] { calibration->observe(feeds->list()); });
      CHECK(is_observed);
      check_quantized(*model, *calibration->finish(), *feeds);
    } catch (const Error& error) {
      // One in sixteen feeds holds a number that is none.
      CHECK(error.code() == ErrorCode::invalid_data);
    }
  }
}

TEST_CASE("Every operator is in the corpus") {
  std::set<std::string> seen;
  for (const File& file : files_in("corpus")) {
    auto model = parse_model(file.bytes);
    for (Field* node : messages(*model, Message::node))
      if (const OperatorWord* word = operator_of(*node)) seen.insert(word->name());
  }
  for (const OperatorWord& word : operator_words()) {
    // Where all tests are one program, there are operators that other tests have registered.
    if (word.domain == "test" || word.domain == "org.example") continue;
    INFO(word.name());
    CHECK(seen.contains(word.name()));
  }
}

TEST_CASE("A loop without end is given up") {
  // Loop("", true, x) of a body that goes on for ever and computes nothing.
  Field body = message_field(0, Message::graph, {});
  for (const char* name : {"turn", "go", "state"})
    body.children.push_back(value_field(onnx::graph_proto::input, name));
  for (const char* name : {"go", "state"})
    body.children.push_back(value_field(onnx::graph_proto::output, name));
  Random random(0);
  for (const File& file : files_in("corpus")) {
    if (file.name != "loop_until.onnx") continue;
    auto model = parse_model(file.bytes);
    Field& node = *messages(*model, Message::node).front();
    std::erase_if(node.children, [](const Field& f) { return f.message == Message::attribute; });
    node.children.push_back(body_field("body", body));
    const std::string bytes = write_model(*model);
    const auto loop = Model::load(std::as_bytes(std::span(bytes)), watched_kernels());
    CHECK_FALSE(answers_to(*loop, *make_feeds(*loop, random)));
  }
}

TEST_CASE("What broke something in the past is an answer or an Error") {
  const std::vector<File> files = files_in("findings");
  CHECK(!files.empty());
  for (const File& file : files) {
    std::fprintf(stderr, "%s\n", file.name.c_str());
    try_file(bytes_of(file));
  }
}
