#include "ops/recurrent_layer.h"

#include <algorithm>

#include "base/error.h"
#include "graph/qdq.h"
#include "ops/int8_weights.h"
#include "ops/kernel_choice.h"

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
    to.w.floats = pack_matrix(policy, w, s.inputs, columns, true, memory);
    to.first.floats = pack_matrix(policy, r, s.hidden, p.columns, true, memory += p.packed_w);
    memory += p.packed_first;
    if (p.packed_second > 0)
      to.second.floats =
          pack_matrix(policy, r + p.columns * s.hidden, s.hidden, columns - p.columns, true, memory);
    memory += p.packed_second;
    w += columns * s.inputs;
    r += columns * s.hidden;
  }
  return out;
}

namespace {

// int8 [directions, rows, depth], and what it means.
class IntegerMatrices {
 public:
  IntegerMatrices(const PrepareContext& ctx, std::size_t input)
      : data_(int8_weights(ctx, ctx.input(input).shape->dims.back(), input).span<int8_t>().data()),
        shape_(*ctx.input(input).shape),
        qparams_(ctx.input_qparams(input)) {
    const int64_t pairs = std::ssize(qparams_.scale);
    const bool fits =
        pairs == 1 || (qparams_.blocked()                        ? is_by_row(qparams_, shape_)
                       : qparams_.axis >= 0 && qparams_.axis < 2 ? pairs == shape_[qparams_.axis]
                                                                 : false);
    require(fits && std::ssize(qparams_.zero_point) == pairs, ErrorCode::invalid_graph,
            "weights of shape {} have {} scales and {} zero points", shape_, pairs,
            qparams_.zero_point.size());
  }

  // Rows [begin, end) of a direction.
  DynamicWeights pack(const KernelPolicy& policy, kernels::ActivationRange range, int d, int64_t begin,
                      int64_t end) const {
    const int64_t first = d * shape_[1] + begin;
    const int rows = static_cast<int>(end - begin), depth = static_cast<int>(shape_[2]);
    DynamicWeights out{
        Int8Matrix(policy, range, kernels::weights_nk(data_ + first * depth, rows, depth)), {}, {}};
    for (int64_t row = begin; row < end; ++row) {
      const auto at = static_cast<std::size_t>(pair(d, row));
      out.scale.push_back(qparams_.scale[at]);
      out.zero_point.push_back(qparams_.zero_point[at]);
    }
    if (std::ranges::all_of(out.zero_point, [](int32_t z) { return z == 0; })) out.zero_point.clear();
    return out;
  }

 private:
  int64_t pair(int d, int64_t row) const {
    if (qparams_.scale.size() == 1) return 0;
    if (qparams_.blocked()) return d * shape_[1] + row;
    return qparams_.axis == 0 ? d : row;
  }

  const int8_t* data_;
  Shape shape_;
  QParams qparams_;
};

}  // namespace

std::shared_ptr<PreparedRecurrent> pack_recurrent_integers(const PrepareContext& ctx, const RecurrentPlan& p,
                                                           int gates) {
  const RecurrentSizes& s = p.sizes;
  const int64_t rows = gates * s.hidden;
  const auto range = activation_range(integer_range(ctx.node.notes, DType::u8).qmax);
  const IntegerMatrices w(ctx, 1), r(ctx, 2);
  auto prepared = std::make_shared<PreparedRecurrent>();
  prepared->directions = s.directions;
  auto& integers = prepared->integers;
  integers.reserve(std::size(prepared->matrices.directions) * 3);
  for (int d = 0; d < s.directions; ++d) {
    auto& to = prepared->matrices.directions[d];
    const auto add = [&](RecurrentMatrix& matrix, const IntegerMatrices& from, int64_t begin, int64_t end) {
      matrix = {};
      if (begin < end) matrix.integers = &integers.emplace_back(from.pack(ctx.kernels, range, d, begin, end));
    };
    add(to.w, w, 0, rows);
    add(to.first, r, 0, p.columns);
    add(to.second, r, p.columns, rows);
  }
  return prepared;
}

uint64_t PreparedRecurrent::workspace(const KernelPolicy& policy, const RecurrentSizes& s) const {
  uint64_t bytes = 0;
  for (const RecurrentMatrices::Direction& d : matrices.directions)
    for (const RecurrentMatrix* matrix : {&d.w, &d.first, &d.second})
      if (matrix->integers)
        bytes = std::max(bytes, dynamic_workspace(policy, *matrix->integers,
                                                  matrix == &d.w ? s.steps * s.batch : s.batch));
  return bytes;
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
      next(from.w.floats);
    } else {
      next(from.first.floats);
      if (from.second.floats.kernel) next(from.second.floats);
    }
  }
}

}  // namespace octavo
