#include "contestants.h"

#include <algorithm>
#include <map>
#include <memory>

#include "base/buffer.h"
#include "kernels/conv/conv.h"
#include "kernels/dwconv_f32/dwconv_f32.h"
#include "kernels/dwconv_s8/dwconv_s8.h"
#include "kernels/gemm_s4/gemm_s4.h"
#include "problem.h"

namespace octavo::bench {

namespace {

using Shared = std::shared_ptr<Buffer>;

Shared make_buffer(size_t bytes) { return std::make_shared<Buffer>(bytes); }

/// The two int8 problems of a geometry, each made when a row first asks for it.
class Int8Problems {
 public:
  explicit Int8Problems(const ConvGeometry& g) : g_(g) {}
  std::shared_ptr<Int8Problem> operator()(ActivationRange range) {
    std::shared_ptr<Int8Problem>& problem = made_[range];
    if (!problem) problem = std::make_shared<Int8Problem>(g_, range == ActivationRange::u7 ? 127 : 255);
    return problem;
  }

 private:
  ConvGeometry g_;
  std::map<ActivationRange, std::shared_ptr<Int8Problem>> made_;
};

template <class Problem>
Contestant contestant(const char* row, const char* precision, Problem problem, std::function<void()> run) {
  const auto check = [problem, run] {
    std::fill(problem->out.begin(), problem->out.end(), typename decltype(problem->out)::value_type(0));
    run();
    return difference(problem->expected, problem->out);
  };
  return {row, precision, run, check};
}

const char* precision(ActivationRange range) { return range == ActivationRange::u7 ? "u7" : "u8"; }

}  // namespace

std::vector<Contestant> gemm_contestants(int m, int n, int k) {
  const ConvGeometry g{.h = m, .w = 1, .c = k, .oh = m, .ow = 1, .oc = n};
  std::vector<Contestant> made;
  Int8Problems problems(g);
  for (const GemmS8Kernel& kernel : gemm_s8_kernels()) {
    if (!select_gemm_s8(isa_facts(), kernel.range, kernel.name)) continue;
    const auto problem = problems(kernel.range);
    const Shared weights = make_buffer(packed_size_gemm_s8(kernel, n, k));
    const auto packed = pack_gemm_s8(kernel, weights_nk(problem->weights.data(), n, k), weights->data());
    const Shared scratch = make_buffer(workspace_bytes_gemm_s8(packed));
    made.push_back(contestant(kernel.name, precision(kernel.range), problem, [=] {
      (void)weights;
      gemm_s8(packed, {problem->in.data(), k, m, scratch->data()}, problem->epilogue());
    }));
  }
  for (const auto& [block, name] : {std::pair(32, "u8, s4 in 32"), std::pair(128, "u8, s4 in 128")}) {
    const auto problem = std::make_shared<Int4Problem>(m, n, k, block);
    const Shared weights = make_buffer(packed_size_gemm_s4(n, k, block));
    for (const GemmS4Kernel& kernel : gemm_s4_kernels()) {
      if (!select_gemm_s4(isa_facts(), kernel.name)) continue;
      const auto packed = pack_gemm_s4(kernel, problem->view, weights->data());
      const Shared scratch = make_buffer(workspace_bytes_gemm_s4(packed, m));
      made.push_back(contestant(kernel.name, name, problem, [=] {
        (void)weights;
        gemm_s4(packed, problem->args(scratch->data()), problem->epilogue());
      }));
    }
  }
  const auto problem = std::make_shared<FloatProblem>(g);
  for (const GemmF32Kernel& kernel : gemm_f32_kernels()) {
    const Shared weights = make_buffer(packed_size_gemm_f32(kernel, n, k));
    const auto packed = pack_gemm_f32(kernel, weights_nk(problem->weights.data(), n, k), weights->data());
    made.push_back(contestant(kernel.name, "f32", problem, [=] {
      (void)weights;
      gemm_f32(packed, {problem->in.data(), k, m}, problem->epilogue());
    }));
  }
  return made;
}

std::vector<Contestant> conv_contestants(const ConvGeometry& g) {
  std::vector<Contestant> made;
  Int8Problems problems(g);
  for (const GemmS8Kernel& kernel : gemm_s8_kernels()) {
    if (!select_gemm_s8(isa_facts(), kernel.range, kernel.name)) continue;
    const auto problem = problems(kernel.range);
    const Shared weights = make_buffer(packed_size_conv_s8(kernel, g));
    const auto packed = pack_conv_s8(kernel, g, problem->weights.data(), weights->data());
    const Shared scratch = make_buffer(workspace_bytes_conv_s8(packed, g));
    made.push_back(contestant(kernel.name, precision(kernel.range), problem, [=] {
      (void)weights;
      const ConvS8Args args{problem->in.data(), problem->in_zero_point, 0, g.positions(), scratch->data()};
      conv_s8(packed, g, args, problem->epilogue());
    }));
  }
  const auto problem = std::make_shared<FloatProblem>(g);
  for (const GemmF32Kernel& kernel : gemm_f32_kernels()) {
    const Shared weights = make_buffer(packed_size_conv_f32(kernel, g));
    const auto packed = pack_conv_f32(kernel, g, problem->weights.data(), weights->data());
    const Shared scratch = make_buffer(workspace_bytes_conv_f32(packed, g));
    made.push_back(contestant(kernel.name, "f32", problem, [=] {
      (void)weights;
      conv_f32(packed, g, {problem->in.data(), 0, g.positions(), scratch->data()}, problem->epilogue());
    }));
  }
  return made;
}

std::vector<Contestant> dwconv_contestants(const ConvGeometry& g) {
  std::vector<Contestant> made;
  Int8Problems problems(g);
  for (const DwconvS8Kernel& kernel : dwconv_s8_kernels()) {
    if (!select_dwconv_s8(isa_facts(), kernel.range, kernel.name)) continue;
    const auto problem = problems(kernel.range);
    const Shared weights = make_buffer(packed_size_dwconv_s8(kernel, g));
    const std::vector<int16_t> wide(problem->weights.begin(), problem->weights.end());
    const auto packed = pack_dwconv_s8(kernel, g, wide.data(), weights->data());
    const Shared scratch = make_buffer(workspace_bytes_dwconv_s8(packed, g));
    made.push_back(contestant(kernel.name, precision(kernel.range), problem, [=] {
      (void)weights;
      const DwconvS8Args args{problem->in.data(), problem->in_zero_point, 0, g.oh, scratch->data()};
      dwconv_s8(packed, g, args, problem->epilogue());
    }));
  }
  const auto problem = std::make_shared<FloatProblem>(g);
  for (const DwconvF32Kernel& kernel : dwconv_f32_kernels()) {
    const Shared weights = make_buffer(packed_size_dwconv_f32(kernel, g));
    const auto packed = pack_dwconv_f32(kernel, g, problem->weights.data(), weights->data());
    const Shared scratch = make_buffer(workspace_bytes_dwconv_f32(packed, g));
    made.push_back(contestant(kernel.name, "f32", problem, [=] {
      (void)weights;
      dwconv_f32(packed, g, {problem->in.data(), 0, g.oh, scratch->data()}, problem->epilogue());
    }));
  }
  return made;
}

}  // namespace octavo::bench
