// How large the tensors of a file are, by what they are.
#include "onnx/tensor_bytes.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "engine/engine.h"
#include "onnx/model_builder.h"
#include "support/graph_builder.h"

namespace octavo::onnx {
namespace {

using namespace octavo::test;

std::unique_ptr<octavo::Model> load(const Bytes& file) {
  return octavo::Model::load(std::as_bytes(std::span(file)), KernelPolicy{});
}

uint64_t bytes_of(const TensorBytes& sizes, std::string_view kind) {
  return sizes.by_kind[std::ranges::find(kTensorKinds, kind) - std::begin(kTensorKinds)];
}

// x [2, 64] · w + b
Model product() {
  GraphBuilder b;
  const ValueId x = b.input("x", {2, 64});
  b.output(b.node("Gemm", {x, b.random({64, 64}), b.random({64})}));
  b.graph[b.graph.outputs[0]].dtype = DType::f32;
  return {.graph = std::move(b.graph)};
}

TEST_CASE("the sizes that a file is read with are those that it was written with") {
  const Bytes file = write_model(product());
  const auto model = load(file);
  WeightsOptions four;
  four.weight_bits = 4;
  four.block = 32;
  StaticOptions eight;
  const auto calibration = model->calibrate(eight);
  const Tensor input = GraphBuilder().random_tensor({2, 64});
  const Feed feed{"x", &input};
  calibration->observe({&feed, 1});
  const auto of_static = calibration->finish(), of_weights = model->quantize_weights(four);
  for (octavo::Model* each : {model.get(), of_static.get(), of_weights.get()})
    CHECK(std::ranges::equal(load(each->to_onnx())->describe().tensor_bytes.by_kind,
                             each->describe().tensor_bytes.by_kind));
  const auto sizes = [](octavo::Model& of) { return of.describe().tensor_bytes; };
  CHECK(bytes_of(sizes(*model), "float32") == 64 * 64 * 4 + 64 * 4);
  CHECK(bytes_of(sizes(*of_static), "int8") == 64 * 64);
  CHECK(bytes_of(sizes(*of_weights), "int4") == 64 * 64 / 2);
  CHECK(bytes_of(sizes(*of_weights), "scales") >= 64 * 64 / 32 * 4);
  const FileForm packed{.weights = WeightsForm::matmul_n_bits, .storage = Storage::float16};
  CHECK(bytes_of(load(of_weights->to_onnx(packed))->describe().tensor_bytes, "int4") == 64 * 64 / 2);
}

}  // namespace
}  // namespace octavo::onnx
