#include "ops/recurrent_layer.h"

#include "base/error.h"

namespace octavo {

RecurrentSizes::RecurrentSizes(const Attrs& attrs, const Shape& x, const Shape& r) {
  batch_first = attrs.get_int("layout", 0) != 0;
  const std::string_view direction = attrs.get_string("direction", "forward");
  require(direction == "forward" || direction == "reverse" || direction == "bidirectional",
          ErrorCode::invalid_graph, "direction is '{}'", direction);
  directions = direction == "bidirectional" ? 2 : 1;
  steps = x[batch_first ? 1 : 0];
  batch = x[batch_first ? 0 : 1];
  inputs = x[2];
  hidden = r[2] == kDynamic ? attrs.get_int("hidden_size", kDynamic) : r[2];
}

namespace {

uint64_t bytes_of(const KernelPolicy& policy, int64_t k, int64_t n) {
  return n > 0 ? align_up(packed_matrix_bytes(policy, k, n)) : 0;
}

}  // namespace

RecurrentPlan::RecurrentPlan(const Attrs& attrs, const RecurrentSizes& s, const Cell& kind,
                             const KernelPolicy& policy)
    : sizes(s),
      cell{s.hidden, read_activations(attrs, kind.activations, s.directions),
           attrs.get_int("input_forget", 0) != 0, attrs.get_int("linear_before_reset", 0) != 0},
      reverse(attrs.get_string("direction", "") == "reverse") {
  const int64_t second = kind.has_second_product && !cell.reset_after ? s.hidden : 0;
  columns = kind.gates * s.hidden - second;
  packed_w = bytes_of(policy, s.inputs, kind.gates * s.hidden);
  packed_first = bytes_of(policy, s.hidden, columns);
  packed_second = bytes_of(policy, s.hidden, second);
}

RecurrentMatrices pack_recurrent(const KernelPolicy& policy, const RecurrentPlan& p, int gates,
                                 const float* w, const float* r, std::byte* memory) {
  const RecurrentSizes& s = p.sizes;
  const int64_t columns = gates * s.hidden;
  RecurrentMatrices out{};
  for (int d = 0; d < s.directions; ++d) {
    auto& to = out.directions[d];
    to.w = pack_matrix(policy, w, s.inputs, columns, true, memory);
    to.first = pack_matrix(policy, r, s.hidden, p.columns, true, memory += p.packed_w);
    memory += p.packed_first;
    if (p.packed_second > 0)
      to.second = pack_matrix(policy, r + p.columns * s.hidden, s.hidden, columns - p.columns, true, memory);
    memory += p.packed_second;
    w += columns * s.inputs;
    r += columns * s.hidden;
  }
  return out;
}

void PreparedRecurrent::unpack(std::size_t input, const TensorView& elements) const {
  float* out = elements.as<float>();
  const auto next = [&](const kernels::PackedGemmF32& matrix) {
    unpack_gemm_f32(matrix, kernels::weights_nk(out, matrix.n, matrix.k));
    out += int64_t{matrix.n} * matrix.k;
  };
  for (int d = 0; d < directions; ++d) {
    const auto& from = matrices.directions[d];
    if (input == 1) {
      next(from.w);
    } else {
      next(from.first);
      if (from.second.kernel) next(from.second);
    }
  }
}

}  // namespace octavo
