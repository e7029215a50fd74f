// Whether an operator gives the same bits on any number of threads.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <cstring>
#include <vector>

#include "base/kernel_policy.h"
#include "support/op_runner.h"

namespace octavo::test {

// Runs what `make` makes on 1 to 4 threads, and compares all outputs.
template <class Make> void check_threads(const Make& make) {
  const auto run = [&](int threads) {
    KernelPolicy policy;
    policy.threads = Threads(threads);
    return make().kernels(policy).run();
  };
  const std::vector<Tensor> expected = run(1);
  for (const int threads : {2, 3, 4}) {
    INFO(threads << " threads");
    const std::vector<Tensor> ys = run(threads);
    REQUIRE(ys.size() == expected.size());
    for (std::size_t i = 0; i < ys.size(); ++i) {
      REQUIRE(ys[i].bytes() == expected[i].bytes());
      CHECK(std::memcmp(ys[i].view().data, expected[i].view().data, ys[i].bytes()) == 0);
    }
  }
}

}  // namespace octavo::test
