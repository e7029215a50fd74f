// Networks with bodies and shapes that depend on data, against ONNX Runtime: tools/fixtures/control_flow.py.
#include <catch2/catch_test_macros.hpp>
#include <filesystem>

#include "support/onnx_case.h"

using namespace octavo;
using namespace octavo::test;

TEST_CASE(
    "networks with bodies and shapes that depend on data give ONNX Runtime's outputs, written and read "
    "again, too") {
  int cases = 0;
  for (const auto& entry : std::filesystem::directory_iterator(OCTAVO_FIXTURES_DIR "/cases")) {
    CAPTURE(entry.path().filename().string());
    const auto model = load_case(entry.path());
    CHECK(run_case(*model, entry.path()) == "");
    CHECK(run_case(*model, entry.path()) == "");  // with plans and memory of the first time
    const std::string file = model->to_onnx();
    const auto again = Model::load(std::as_bytes(std::span(file)), {});
    CHECK(run_case(*again, entry.path()) == "");
    ++cases;
  }
  CHECK(cases > 0);
}
