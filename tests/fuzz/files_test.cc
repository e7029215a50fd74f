// A promise that is broken ends the program: see promises.h. The name of the file is printed before.
#include <catch2/catch_test_macros.hpp>
#include <cstdio>

#include "fuzz/files.h"
#include "fuzz/promises.h"
#include "fuzz/try_file.h"

using namespace octavo;
using namespace octavo::fuzz;

namespace {

std::span<const std::byte> bytes_of(const File& file) { return std::as_bytes(std::span(file.bytes)); }

}  // namespace

TEST_CASE("Every model of the corpus runs, and so do its quantized forms") {
  for (const File& file : files_in("corpus")) {
    INFO(file.name);
    const auto model = Model::load(bytes_of(file), {});
    Random random(0);
    const std::optional<Feeds> feeds = make_feeds(*model, random);
    REQUIRE(feeds);
    const auto answers = answers_to(*model, *feeds);
    CHECK(answers);
    check_written(*model, feeds, answers);
    if (model->describe().scheme != "none") continue;
    check_quantized(*model, *model->quantize_dynamic({}), *feeds);
    const auto calibration = model->calibrate({});
    calibration->observe(feeds->list());
    check_quantized(*model, *calibration->finish(), *feeds);
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
