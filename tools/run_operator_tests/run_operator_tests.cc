// Runs ONNX's own operator tests natively, for a debugger and the sanitizers:
//   octavo_run_operator_tests FOLDER [PATTERN]
//
// FOLDER has one folder a test (tests/support/onnx_case.h). Prints a line for each test whose name contains PATTERN,
// passed or why not, and a summary. What the package makes of them: tools/run-onnx-operator-tests.mjs.
#include <algorithm>
#include <cstdio>

#include "support/onnx_case.h"

namespace {

std::string run(const std::filesystem::path& folder) try {
  const std::string wrong = octavo::test::run_case(*octavo::test::load_case(folder), folder);
  return wrong.empty() ? "" : "WRONG: " + wrong;
} catch (const octavo::Error& error) {
  return octavo::text("refused: {}: {}", octavo::error_code_name(error.code()), error.what());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::puts("octavo_run_operator_tests FOLDER [PATTERN]");
    return 2;
  }
  std::vector<std::filesystem::path> tests;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) tests.push_back(entry.path());
  std::ranges::sort(tests);
  int passed = 0, failed = 0;
  for (const std::filesystem::path& test : tests) {
    const std::string name = test.filename().string();
    if (argc > 2 && !name.contains(argv[2])) continue;
    const std::string problem = run(test);
    ++(problem.empty() ? passed : failed);
    std::printf("%s %s%s%s\n", problem.empty() ? "passed" : "failed", name.c_str(),
                problem.empty() ? "" : ": ", problem.c_str());
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed > 0 || passed == 0 ? 1 : 0;
}
