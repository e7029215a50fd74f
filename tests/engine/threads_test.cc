// Networks give the same bits on any number of threads, whatever other engines do meanwhile.
#include <catch2/catch_test_macros.hpp>
#ifndef __wasm__
#include <thread>
#endif

#include "support/models.h"

namespace octavo::test {
namespace {

using Bytes = std::vector<std::byte>;

Bytes run(Model& model, const Feed& feed) {
  const TensorView& y = model.run({&feed, 1}).front();
  return Bytes(y.data, y.data + y.bytes());
}

// What the float network and both of its quantized forms compute for its first picture.
std::vector<Bytes> run_all(const Network& network, int threads) {
  KernelPolicy kernels;
  kernels.threads = Threads(threads);
  const std::unique_ptr<Model> model = load_model(network.file, kernels);
  const Tensor pixels = read_npy(text("{}/float/{}", OCTAVO_FIXTURES_DIR, network.pixels));
  const Tensor input = network_input(network, pixels, 0);
  const Feed feed{model->graph()[model->graph().inputs[0]].name, &input};
  const std::unique_ptr<Calibration> calibration = model->calibrate(StaticOptions{});
  calibration->observe({&feed, 1});
  return {run(*model, feed), run(*model->quantize_dynamic({}), feed), run(*calibration->finish(), feed)};
}

const Network& kSmall = kNetworks[2];

}  // namespace

TEST_CASE("A network gives the same bits on any number of threads", "[threads]") {
  const std::vector<Bytes> expected = run_all(kSmall, 1);
  for (const int threads : {2, 3}) CHECK(run_all(kSmall, threads) == expected);
}

#ifndef __wasm__
TEST_CASE("Engines on threads of their own do not disturb each other", "[threads]") {
  const std::vector<Bytes> expected = run_all(kSmall, 1);
  std::array<std::vector<Bytes>, 3> results;
  std::vector<std::thread> callers;
  for (std::size_t i = 0; i < results.size(); ++i)
    callers.emplace_back([&, i] { results[i] = run_all(kSmall, static_cast<int>(i + 1)); });
  for (std::thread& caller : callers) caller.join();
  for (const std::vector<Bytes>& result : results) CHECK(result == expected);
}
#endif

}  // namespace octavo::test
