// Runs ONNX's own operator tests natively, for a debugger and the sanitizers:
//   octavo_run_operator_tests FOLDER [PATTERN]
//
// FOLDER has one folder a test: model.onnx and test_data_set_*/{input,output}_*.pb. Prints a line for each test whose
// name contains PATTERN, passed or why not, and a summary. What the package makes of them: tools/run-onnx-operator-tests.mjs.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "engine/engine.h"
#include "onnx/tensor_reader.h"
#include "ops/elements.h"

namespace {

using namespace octavo;  // NOLINT(google-build-using-namespace): a program of one file
namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<Tensor> read_tensors(const fs::path& folder, std::string_view kind) {
  std::vector<Tensor> tensors;
  for (int i = 0;; ++i) {
    const fs::path path = folder / text(kind, "_", i, ".pb");
    if (!fs::exists(path)) return tensors;
    const std::string bytes = read_file(path);
    tensors.push_back(Tensor::copy_of(onnx::read_tensor(onnx::pbf_reader(bytes), kind)->view()));
  }
}

Tensor converted(const TensorView& x, DType dtype) {
  Tensor y(dtype, x.shape);
  std::vector<double> numbers(static_cast<std::size_t>(x.shape.elements()));
  load_elements(x, 0, x.shape.elements(), numbers.data());
  store_elements(numbers.data(), y.view(), 0, x.shape.elements());
  return y;
}

// The tolerances of ONNX's own backend test runner.
bool close(double a, double b) {
  return a == b || (a != a && b != b) || std::abs(a - b) <= 1e-7 + 1e-3 * std::abs(b);
}

std::string difference(const TensorView& expected, const TensorView& actual) {
  if (expected.shape != actual.shape) return text("shape ", actual.shape, ", not ", expected.shape);
  const Tensor a = converted(actual, DType::f64), b = converted(expected, DType::f64);
  const bool real = is_float(expected.dtype);
  if (!real && actual.dtype != expected.dtype)
    return text("is ", dtype_name(actual.dtype), ", not ", dtype_name(expected.dtype));
  for (std::size_t i = 0; i < a.span<double>().size(); ++i) {
    const double x = a.span<double>()[i], y = b.span<double>()[i];
    if (real ? !close(x, y) : x != y)
      return "[" + std::to_string(i) + "] is " + std::to_string(x) + ", not " + std::to_string(y);
  }
  return "";
}

std::string run(const fs::path& folder) try {
  const std::string file = read_file(folder / "model.onnx");
  const auto model = Model::load(std::as_bytes(std::span(file)), {});
  for (int set = 0;; ++set) {
    const fs::path data = folder / text("test_data_set_", set);
    if (!fs::exists(data)) return "";
    std::vector<Tensor> inputs = read_tensors(data, "input");
    std::vector<Feed> feeds;
    for (std::size_t i = 0; i < inputs.size() && i < model->graph().inputs.size(); ++i) {
      const Value& value = model->graph()[model->graph().inputs[i]];
      if (value.dtype && value.dtype != inputs[i].dtype() && is_float(*value.dtype))
        inputs[i] = converted(inputs[i].view(), *value.dtype);
      feeds.push_back({value.name, &inputs[i]});
    }
    const auto& outputs = model->run(feeds);
    const std::vector<Tensor> expected = read_tensors(data, "output");
    for (std::size_t i = 0; i < expected.size(); ++i)
      if (const std::string wrong = difference(expected[i].view(), outputs.at(i)); !wrong.empty())
        return text("WRONG: output ", i, " ", wrong);
  }
} catch (const Error& error) {
  return text("refused: ", error_code_name(error.code()), ": ", error.what());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::puts("octavo_run_operator_tests FOLDER [PATTERN]"), 2;
  std::vector<fs::path> tests;
  for (const auto& entry : fs::directory_iterator(argv[1])) tests.push_back(entry.path());
  std::ranges::sort(tests);
  int passed = 0, failed = 0;
  for (const fs::path& test : tests) {
    const std::string name = test.filename().string();
    if (argc > 2 && !name.contains(argv[2])) continue;
    const std::string problem = run(test);
    ++(problem.empty() ? passed : failed);
    std::printf("%s %s%s%s\n", problem.empty() ? "passed" : "failed", name.c_str(),
                problem.empty() ? "" : ": ", problem.c_str());
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed > 0 || passed == 0;
}
