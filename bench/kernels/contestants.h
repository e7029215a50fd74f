// Kernel rows made ready to run on one problem.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "kernels/conv/geometry.h"

namespace octavo::bench {

/// One row of a kernel table on one problem, weights packed.
struct Contestant {
  std::string row;  ///< name in kernels.inc
  std::string
      precision;  ///< "u8" or "u7" activations with s8 weights, "u8, s4 in 32" with s4 in blocks of 32, or "f32"
  std::function<void()> run;
  /// Runs once and compares with the reference bit for bit: what is wrong, or nothing.
  std::function<std::string()> check;
};

/// Every row that is exact on this engine, for a product of [m,k] and [k,n].
std::vector<Contestant> gemm_contestants(int m, int n, int k);
std::vector<Contestant> conv_contestants(const kernels::ConvGeometry&);
/// groups = c = oc
std::vector<Contestant> dwconv_contestants(const kernels::ConvGeometry&);

}  // namespace octavo::bench
