#include "onnx/matmul_n_bits.h"

#include <algorithm>
#include <bit>

#include "base/error.h"
#include "graph/op_def.h"
#include "graph/qdq.h"
#include "graph/rewriter.h"

namespace octavo::onnx {

namespace {

constexpr OpDef kMatMulNBits{.name = "com.microsoft.MatMulNBits", .since = 1};
// Of what ONNX Runtime stores, which has no sign.
constexpr int kMiddle = 8;

class Packing {
 public:
  explicit Packing(Graph graph) : graph_(std::move(graph)), uses_(graph_) {}

  Graph pack() {
    for (Node& node : graph_.nodes) {
      const bool is_gemm = node.op->name == "Gemm";
      if (is_gemm ? is_plain(node) : node.op->name == "MatMul") pack(node, is_gemm);
    }
    remove_dead(graph_);
    return std::move(graph_);
  }

 private:
  static bool is_plain(const Node& gemm) {
    return gemm.attrs.get_float("alpha", 1) == 1 && gemm.attrs.get_float("beta", 1) == 1 &&
           gemm.attrs.get_int("transA", 0) == 0;
  }

  void pack(Node& node, bool is_gemm) {
    const uint32_t producer = uses_.producer[node.inputs[1]];
    if (producer == Uses::kNone || !is_dequantize(graph_.nodes[producer])) return;
    const Node& dequantize = graph_.nodes[producer];
    const Tensor* const w = graph_.constant_input(dequantize, 0);
    const auto qparams = read_qparams(graph_, dequantize);
    const int axis = is_gemm && node.attrs.get_int("transB", 0) != 0 ? 1 : 0;
    if (w == nullptr || w->dtype() != DType::s8 || w->shape().rank() != 2 || !qparams ||
        !qparams->blocked() || qparams->axis != axis || !has_kernel(qparams->block) ||
        !is_int4({qparams->qmin, qparams->qmax}))
      return;
    const auto integers = w->span<int8_t>();
    if (!std::ranges::all_of(integers, [](int8_t q) { return is_int4({q, q}); })) return;
    const int64_t k = w->shape()[axis], n = w->shape()[1 - axis], block = qparams->block;
    const int64_t blocks = (k + block - 1) / block;
    const auto& bias = node.has_input(2) ? graph_[node.inputs[2]].shape : std::nullopt;
    if (node.has_input(2) && bias != Shape{n}) return;

    Tensor packed(DType::u8, {n, blocks, block / 2}), scale(DType::f32, {n, blocks}),
        zero_point(DType::u8, {n, (blocks + 1) / 2});
    // What is behind the last weight of a row is 0.
    std::ranges::fill(packed.span<uint8_t>(), uint8_t{kMiddle << 4 | kMiddle});
    std::ranges::fill(zero_point.span<uint8_t>(), uint8_t{0});
    for (int64_t row = 0; row < n; ++row) {
      for (int64_t i = 0; i < k; ++i)
        put(packed, row * blocks * block + i, integers[axis == 1 ? row * k + i : i * n + row]);
      for (int64_t i = 0; i < blocks; ++i) {
        const int64_t from = axis == 1 ? row * blocks + i : i * n + row;
        scale.span<float>()[row * blocks + i] = qparams->scale[from];
        put(zero_point, row * (blocks + blocks % 2) + i, qparams->zero_point[from]);
      }
    }
    const std::string stem = graph_[dequantize.inputs[0]].name;
    const bool is_symmetric = std::ranges::all_of(qparams->zero_point, [](int32_t z) { return z == 0; });
    std::vector<ValueId> inputs{node.inputs[0], add(text("{}_packed", stem), std::move(packed)),
                                add(text("{}_scales", stem), std::move(scale))};
    if (!is_symmetric) inputs.push_back(add(text("{}_zero_points", stem), std::move(zero_point)));
    if (node.has_input(2)) {
      inputs.resize(5, kNoValue);
      inputs.push_back(node.inputs[2]);
    }
    node.op = &kMatMulNBits;
    node.attrs = {};
    node.attrs.set("K", k);
    node.attrs.set("N", n);
    node.attrs.set("bits", int64_t{4});
    node.attrs.set("block_size", block);
    node.inputs = std::move(inputs);
  }

  static bool has_kernel(int64_t block) {
    return block >= 16 && block <= 256 && std::has_single_bit(static_cast<uint64_t>(block));
  }

  // Integer i of those that are packed, the first of two in the low bits.
  static void put(Tensor& packed, int64_t i, int integer) {
    uint8_t& byte = packed.span<uint8_t>()[static_cast<std::size_t>(i / 2)];
    const int shift = i % 2 * 4;
    byte = static_cast<uint8_t>((byte & ~(15 << shift)) | (integer + kMiddle) << shift);
  }

  ValueId add(const std::string& name, Tensor tensor) {
    return graph_.add_constant(graph_.unique_value_name(name), std::move(tensor));
  }

  Graph graph_;
  const Uses uses_;
};

}  // namespace

Graph with_matmul_n_bits(Graph graph) { return Packing(std::move(graph)).pack(); }

}  // namespace octavo::onnx
