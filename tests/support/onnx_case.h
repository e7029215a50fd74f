// A network with inputs and the outputs that somebody else computed, as ONNX's own operator tests have them: a folder
// of model.onnx and test_data_set_N/{input,output}_M.pb (TensorProto).
#pragma once

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "onnx/tensor_reader.h"
#include "ops/elements.h"
#include "support/npy.h"

namespace octavo::test {

inline std::vector<Tensor> read_case_tensors(const std::filesystem::path& folder, std::string_view kind) {
  std::vector<Tensor> tensors;
  for (int i = 0;; ++i) {
    const std::filesystem::path path = folder / text("{}_{}.pb", kind, i);
    if (!std::filesystem::exists(path)) return tensors;
    const std::vector<char> bytes = read_bytes(path.string());
    tensors.push_back(
        Tensor::copy_of(onnx::read_tensor(onnx::pbf_reader(bytes.data(), bytes.size()), kind)->view()));
  }
}

inline Tensor converted(const TensorView& x, DType dtype) {
  Tensor y(dtype, x.shape);
  std::vector<double> numbers(static_cast<std::size_t>(x.shape.elements()));
  load_elements(x, 0, x.shape.elements(), numbers.data());
  store_elements(numbers.data(), y.view(), 0, x.shape.elements());
  return y;
}

// The tolerances of ONNX's own backend test runner, of which the absolute one is of an output whose largest element is
// 1: what stands for 0 is what rounding left in somebody else's sums.
inline bool is_close(double a, double b, double largest) {
  return a == b || (a != a && b != b) ||
         std::abs(a - b) <= 1e-7 * std::max(largest, 1.0) + 1e-3 * std::abs(b);
}

// What is wrong with a result, "" for nothing.
inline std::string difference(const TensorView& expected, const TensorView& actual) {
  if (expected.shape != actual.shape) return text("shape {}, not {}", actual.shape, expected.shape);
  const bool is_real = is_float(expected.dtype);
  if (!is_real && actual.dtype != expected.dtype)
    return text("is {}, not {}", dtype_name(actual.dtype), dtype_name(expected.dtype));
  const Tensor a = converted(actual, DType::f64), b = converted(expected, DType::f64);
  double largest = 0;
  for (double each : b.span<double>())
    if (std::isfinite(each)) largest = std::max(largest, std::abs(each));
  for (std::size_t i = 0; i < a.span<double>().size(); ++i) {
    const double x = a.span<double>()[i], y = b.span<double>()[i];
    if (is_real ? !is_close(x, y, largest) : x != y)
      return "[" + std::to_string(i) + "] is " + std::to_string(x) + ", not " + std::to_string(y);
  }
  return "";
}

// Runs a model on every data set of the folder; "" where all outputs are right, else the first that is wrong.
inline std::string run_case(Model& model, const std::filesystem::path& folder) {
  for (int set = 0;; ++set) {
    const std::filesystem::path data = folder / text("test_data_set_{}", set);
    if (!std::filesystem::exists(data)) return set > 0 ? "" : "there is no test_data_set_0";
    std::vector<Tensor> inputs = read_case_tensors(data, "input");
    std::vector<Feed> feeds;
    for (std::size_t i = 0; i < inputs.size() && i < model.graph().inputs.size(); ++i) {
      const Value& value = model.graph()[model.graph().inputs[i]];
      // The reader of tensors widens floats of 16 bits.
      if (value.dtype && value.dtype != inputs[i].dtype() && is_float(*value.dtype))
        inputs[i] = converted(inputs[i].view(), *value.dtype);
      feeds.emplace_back(value.name, &inputs[i]);
    }
    const auto& outputs = model.run(feeds);
    const std::vector<Tensor> expected = read_case_tensors(data, "output");
    for (std::size_t i = 0; i < expected.size(); ++i)
      if (const std::string wrong = difference(expected[i].view(), outputs.at(i)); !wrong.empty())
        return text("data set {}, output {} {}", set, i, wrong);
  }
}

inline std::unique_ptr<Model> load_case(const std::filesystem::path& folder) {
  const auto file = read_bytes((folder / "model.onnx").string());
  return Model::load(std::as_bytes(std::span(file)), {});
}

}  // namespace octavo::test
