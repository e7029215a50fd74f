// The networks under models/ and their inputs.
#pragma once

#include <array>
#include <memory>

#include "engine/engine.h"
#include "support/npy.h"

namespace octavo::test {

// A network whose input is (pixel - mean) / deviation, float32, channels first.
struct Network {
  const char *file, *pixels, *outputs;  // models/…, tests/fixtures/float/…
  std::array<float, 3> mean, deviation;
};

inline const std::array<Network, 4> kNetworks = {{
    {"efficientnet-lite0.onnx", "images-224.npy", "efficientnet-lite0.npy", {127, 127, 127}, {128, 128, 128}},
    {"resnet18-quarter.onnx",
     "images-224.npy",
     "resnet18-quarter.npy",
     {123.675f, 116.28f, 103.53f},
     {58.395f, 57.12f, 57.375f}},
    {"ppocr-cls.onnx",
     "lines-48x192.npy",
     "ppocr-cls.npy",
     {127.5f, 127.5f, 127.5f},
     {127.5f, 127.5f, 127.5f}},
    {"mnist.onnx", "../../../models/mnist-test-images.npy", "mnist.npy", {0}, {255}},
}};

inline std::unique_ptr<Model> load_model(std::string_view file, const KernelPolicy& kernels = {}) {
  const std::vector<char> bytes = read_bytes(text("{}/{}", OCTAVO_MODELS_DIR, file));
  return Model::load(std::as_bytes(std::span(bytes)), kernels);
}

// Picture `index` of uint8 pixels [n, h, w, c] (or [n, h, w]) as the network's input [1, c, h, w].
inline Tensor network_input(const Network& network, const Tensor& pixels, int64_t index) {
  const Shape& shape = pixels.shape();
  const int64_t h = shape[1], w = shape[2], channels = shape.rank() == 4 ? shape[3] : 1;
  const uint8_t* source = pixels.span<uint8_t>().data() + index * h * w * channels;
  Tensor input(DType::f32, {1, channels, h, w});
  for (int64_t c = 0; c < channels; ++c)
    for (int64_t i = 0; i < h * w; ++i)
      input.span<float>()[c * h * w + i] =
          (static_cast<float>(source[i * channels + c]) - network.mean[c]) / network.deviation[c];
  return input;
}

}  // namespace octavo::test
