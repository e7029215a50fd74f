// Operators of ONNX Runtime with weights of few bits in its own packing. Integers of the forms with blocks have no
// operators yet: those weights are made floats when the file is read.
#include <algorithm>

#include "base/error.h"
#include "onnx/decomposition.h"

namespace octavo::onnx {

namespace {

// Integers of `bits` bits, the lowest first, rows of whole bytes.
class Packed {
 public:
  Packed(std::span<const uint8_t> bytes, int64_t bits, int64_t row_bytes)
      : bytes_(bytes), bits_(bits), row_bytes_(row_bytes) {}
  int at(int64_t row, int64_t i) const {
    const int64_t bit = i * bits_;
    return bytes_[static_cast<std::size_t>(row * row_bytes_ + bit / 8)] >> bit % 8 & ((1 << bits_) - 1);
  }

 private:
  std::span<const uint8_t> bytes_;
  int64_t bits_, row_bytes_;
};

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

struct Blocks {
  int64_t rows, columns, bits, block;
  int64_t count() const { return ceil_div(columns, block); }  // of a row
};

void check(const Blocks& b) {
  require(b.bits == 2 || b.bits == 4 || b.bits == 8, ErrorCode::unsupported, "weights of {} bits", b.bits);
  require(b.block >= 16 && b.block <= (1 << 20) && (b.block & (b.block - 1)) == 0, ErrorCode::invalid_graph,
          "block_size is {}", b.block);
  require(b.rows >= 0 && b.columns >= 0 && is_addressable({b.rows, b.columns}, sizeof(float)),
          ErrorCode::out_of_memory, "weights of {} rows and {} columns", b.rows, b.columns);
}

// The constants of blocks: integers, in rows of `row_bytes`; a scale a block; a zero_point a block, packed, a float or
// null: the middle of the range.
struct BlockOperands {
  const Tensor &q, &scale;
  const Tensor* zero;
  int64_t row_bytes, zero_bytes;
  bool is_float;  // the zero_points
};

// Before there is any memory for what they become.
BlockOperands check_operands(const Decomposition& d, const Blocks& b, std::size_t integers,
                             std::size_t scales, std::size_t zero_points, int64_t row_bytes) {
  const Tensor &q = d.constant(integers), &scale = d.constant(scales);
  const int64_t zero_bytes = ceil_div(b.count() * b.bits, 8);
  const Tensor* const zero = d.has(zero_points) ? &d.constant(zero_points) : nullptr;
  require(q.dtype() == DType::u8 && static_cast<int64_t>(q.bytes()) == b.rows * row_bytes,
          ErrorCode::invalid_graph, "weights {} are not {} rows of {} bytes", q.shape(), b.rows, row_bytes);
  require(scale.dtype() == DType::f32 && scale.shape().elements() == b.rows * b.count(),
          ErrorCode::invalid_graph, "scales {} are not {} float32", scale.shape(), b.rows * b.count());
  const bool is_float = zero && zero->dtype() == DType::f32;
  require(!zero || (is_float ? zero->shape().elements() == b.rows * b.count()
                             : zero->dtype() == DType::u8 && zero->shape().elements() == b.rows * zero_bytes),
          ErrorCode::invalid_graph, "zero_points {} do not fit", zero ? zero->shape() : Shape());
  return {q, scale, zero, row_bytes, zero_bytes, is_float};
}

// (q - zero_point) · scale, a block of each row at a time, to out[row · row_stride + column · column_stride].
void dequantize(const BlockOperands& from, const Blocks& b, const Tensor& to, int64_t row_stride,
                int64_t column_stride) {
  float* const out = to.span<float>().data();
  const Packed weights(from.q.span<uint8_t>(), b.bits, from.row_bytes);
  const bool is_packed = from.zero && !from.is_float;
  const Packed zeros(is_packed ? from.zero->span<uint8_t>() : std::span<uint8_t>(), b.bits, from.zero_bytes);
  for (int64_t row = 0; row < b.rows; ++row)
    for (int64_t block = 0; block < b.count(); ++block) {
      const auto index = static_cast<std::size_t>(row * b.count() + block);
      const float middle = from.is_float
                               ? from.zero->span<float>()[index]
                               : static_cast<float>(is_packed ? zeros.at(row, block) : 1 << (b.bits - 1));
      const float scale = from.scale.span<float>()[index];
      const int64_t end = std::min(b.columns, (block + 1) * b.block);
      for (int64_t column = block * b.block; column < end; ++column)
        out[row * row_stride + column * column_stride] =
            (static_cast<float>(weights.at(row, column)) - middle) * scale;
    }
}

// W [K, N]: DequantizeLinear of int8 in blocks along K, or, where zero_points are floats, float32.
ValueId weights_of(Decomposition& d, const DraftNode& node, const Blocks& b, const BlockOperands& from) {
  Draft& draft = d.draft();
  const auto add = [&](std::string_view what, Tensor tensor) {
    return draft.add_constant(text("{}_{}", node.node.name, what), std::move(tensor));
  };
  if (from.is_float) {
    Tensor w(DType::f32, {b.columns, b.rows});
    dequantize(from, b, w, 1, b.rows);
    return add("weights", std::move(w));
  }
  const int middle = 1 << (b.bits - 1);
  Tensor w(DType::s8, {b.columns, b.rows}), scale(DType::f32, {b.count(), b.rows}),
      zero(DType::s8, {b.count(), b.rows});
  const Packed weights(from.q.span<uint8_t>(), b.bits, from.row_bytes),
      zeros(from.zero ? from.zero->span<uint8_t>() : std::span<uint8_t>(), b.bits, from.zero_bytes);
  for (int64_t row = 0; row < b.rows; ++row) {
    for (int64_t i = 0; i < b.columns; ++i)
      w.span<int8_t>()[i * b.rows + row] = static_cast<int8_t>(weights.at(row, i) - middle);
    for (int64_t i = 0; i < b.count(); ++i) {
      const int64_t to = i * b.rows + row;
      scale.span<float>()[to] = from.scale.span<float>()[row * b.count() + i];
      zero.span<int8_t>()[to] = static_cast<int8_t>(from.zero ? zeros.at(row, i) - middle : 0);
    }
  }
  const ValueId q = add("weights", std::move(w)), s = add("scale", std::move(scale)),
                z = add("zero_point", std::move(zero));
  const ValueId floats =
      d.add("DequantizeLinear", {q, s, z}, {{"axis", int64_t{0}}, {"block_size", b.block}});
  if (b.bits < 8) draft.graph.nodes.back().notes = {.qmin = -middle, .qmax = middle - 1};
  return floats;
}

// x · Wᵀ + bias. Inputs: x, W [N, blocks, bytes of a block], scales, zero_points, an order of columns, bias.
void matmul_n_bits(Draft& draft, DraftNode& node) {
  Decomposition d(draft, node);
  d.need(3);
  d.refuse({4});
  d.take_int("accuracy_level", 0);
  const int64_t k = d.take_int("K", -1), n = d.take_int("N", -1), bits = d.take_int("bits", 4);
  const Blocks blocks{n, k, bits, d.take_int("block_size", 32)};
  check(blocks);
  const BlockOperands operands =
      check_operands(d, blocks, 1, 2, 3, blocks.count() * (blocks.block * bits / 8));
  const ValueId x = d.in(0), bias = d.in(5), weights = weights_of(d, node, blocks, operands);
  if (bias == kNoValue) return d.become("MatMul", {x, weights});
  d.become("Add", {d.add("MatMul", {x, weights}), bias});
}

// What four bits stand for, of the largest in their block: bitsandbytes' FP4 (a sign, two bits of exponent, one of
// mantissa) and NF4 (quantiles of the normal distribution: Dettmers et al. 2023, "QLoRA", appendix E).
constexpr float kFp4[16] = {
    0.0f,  5.208333333e-03f,  0.66666667f,  1.0f,  0.33333333f,  0.5f,  0.16666667f,  0.25f,
    -0.0f, -5.208333333e-03f, -0.66666667f, -1.0f, -0.33333333f, -0.5f, -0.16666667f, -0.25f};
constexpr float kNf4[16] = {-1.0f,
                            -0.6961928009986877f,
                            -0.5250730514526367f,
                            -0.39491748809814453f,
                            -0.28444138169288635f,
                            -0.18477343022823334f,
                            -0.09105003625154495f,
                            0.0f,
                            0.07958029955625534f,
                            0.16093020141124725f,
                            0.24611230194568634f,
                            0.33791524171829224f,
                            0.44070982933044434f,
                            0.5626170039176941f,
                            0.7229568362236023f,
                            1.0f};

// x · Wᵀ. Inputs: x; W [N, K], flat, two to a byte, the first in the upper half; the largest of each block, which may
// go from one row into the next. No integers have these steps: the weights become floats.
void matmul_bnb4(Draft& draft, DraftNode& node) {
  Decomposition d(draft, node);
  d.need(3);
  const int64_t k = d.take_int("K", -1), n = d.take_int("N", -1), block = d.take_int("block_size", -1),
                type = d.take_int("quant_type", -1), transposed = d.take_int("transB", 1);
  d.take_int("training_mode", 0);
  require(type == 0 || type == 1, ErrorCode::invalid_graph, "quant_type is {}", type);
  require(transposed == 1, ErrorCode::unsupported, "transB is {}", transposed);
  check({n, k, 4, block});
  const Tensor &q = d.constant(1), &largest = d.constant(2);
  const int64_t count = n * k;
  require(q.dtype() == DType::u8 && static_cast<int64_t>(q.bytes()) == ceil_div(count, 2),
          ErrorCode::invalid_graph, "weights {} are not {} in halves of bytes", q.shape(), count);
  require(largest.dtype() == DType::f32 && largest.shape().elements() == ceil_div(count, block),
          ErrorCode::invalid_graph, "absmax {} is not {} float32", largest.shape(), ceil_div(count, block));
  Tensor w(DType::f32, {k, n});
  const auto bytes = q.span<uint8_t>();
  const auto absmax = largest.span<float>();
  for (int64_t i = 0; i < count; ++i) {
    const int bits = bytes[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15;
    w.span<float>()[i % k * n + i / k] = (type == 0 ? kFp4 : kNf4)[bits] * absmax[i / block];
  }
  const ValueId weights = draft.add_constant(text("{}_weights", node.node.name), std::move(w));
  d.become("MatMul", {d.in(0), weights});
}

// Gather of rows that are packed along their last axis, or of integers of 4 bits, which the reader has unpacked and
// DequantizeLinear knows in blocks. Inputs: data, indices, scales, zero_points.
void gather_block_quantized(Draft& draft, DraftNode& node) {
  Decomposition d(draft, node);
  d.need(3);
  if (draft.nibbles.contains(d.in(0))) {
    d.take_int("bits", 4);
    const Attrs blocks =
        attributes({{"axis", d.take_int("quantize_axis", 1)}, {"block_size", d.take_int("block_size", 128)}});
    const ValueId table = d.add("DequantizeLinear", {d.in(0), d.in(2), d.in(3)}, blocks);
    return d.become("Gather", {table, d.in(1)}, {{"axis", d.take_int("gather_axis", 0)}});
  }
  const Tensor& data = d.constant(0);
  const Shape packed = data.shape();
  const int64_t bits = d.take_int("bits", 4), axis = d.take_int("gather_axis", 0);
  const int64_t quantized = d.take_int("quantize_axis", 1), rank = packed.rank();
  require(rank > 0 && (quantized == rank - 1 || quantized == -1), ErrorCode::unsupported,
          "blocks along axis {} of {} are not supported", quantized, packed);
  require(data.dtype() == DType::u8 && (bits == 4 || bits == 8), ErrorCode::unsupported,
          "{} of {} bits is not supported", dtype_name(data.dtype()), bits);
  Shape shape = packed;
  shape[static_cast<int>(rank) - 1] *= 8 / bits;
  const int64_t columns = shape[static_cast<int>(rank) - 1];
  const Blocks blocks{columns > 0 ? packed.elements(0, static_cast<int>(rank) - 1) : 0, columns, bits,
                      d.take_int("block_size", 128)};
  check(blocks);
  const BlockOperands operands = check_operands(d, blocks, 0, 2, 3, columns * bits / 8);
  Tensor table(DType::f32, shape);
  dequantize(operands, blocks, table, columns, 1);
  d.become("Gather", {draft.add_constant(text("{}_table", node.node.name), std::move(table)), d.in(1)},
           {{"axis", axis}});
}

// DequantizeLinear of W [D, K, 4H] of 8 bits, with a scale and a zero_point a direction or a column of it, as
// [D, 4H, K].
ValueId lstm_weights(Decomposition& d, std::size_t integers, std::size_t scales, std::size_t zero_points) {
  const Tensor &q = d.constant(integers), &scale = d.constant(scales), &zero = d.constant(zero_points);
  const Shape shape = q.shape();
  require((q.dtype() == DType::u8 || q.dtype() == DType::s8) && shape.rank() == 3, ErrorCode::invalid_graph,
          "weights of {} and shape {}", dtype_name(q.dtype()), shape);
  const int64_t directions = shape[0], depth = shape[1], columns = shape[2], count = scale.shape().elements();
  require(scale.dtype() == DType::f32 && zero.dtype() == q.dtype() && zero.shape().elements() == count &&
              (count == directions || count == directions * columns),
          ErrorCode::invalid_graph, "scales {} and zero_points {} of weights {}", scale.shape(), zero.shape(),
          shape);
  const int axis = count == directions ? 0 : directions == 1 ? 1 : 2;
  const Shape pairs = axis < 2 ? Shape{count} : Shape{directions, columns, 1};
  Tensor w(q.dtype(), {directions, columns, depth});
  const auto* from = q.view().as<uint8_t>();
  for (int64_t i = 0; i < directions; ++i)
    for (int64_t row = 0; row < depth; ++row)
      for (int64_t column = 0; column < columns; ++column)
        w.view().as<uint8_t>()[(i * columns + column) * depth + row] = *from++;
  const auto add = [&](std::size_t input, Tensor tensor) {
    return d.draft().add_constant(d.graph()[d.in(input)].name, std::move(tensor));
  };
  const auto reshaped = [&](const Tensor& tensor) {
    TensorView view = tensor.view();
    view.shape = pairs;
    return Tensor::copy_of(view);
  };
  return d.add("DequantizeLinear",
               {add(integers, std::move(w)), add(scales, reshaped(scale)), add(zero_points, reshaped(zero))},
               axis < 2 ? attributes({{"axis", int64_t{axis}}})
                        : attributes({{"axis", int64_t{axis}}, {"block_size", std::max<int64_t>(depth, 1)}}));
}

// LSTM's inputs, with W and R transposed; then scales and zero_points of both. X is quantized as a whole, and so is the
// state of all sequences in each step.
void dynamic_quantize_lstm(Draft& draft, DraftNode& node) {
  Decomposition d(draft, node);
  d.need(3);
  for (const std::size_t i : {8u, 9u, 10u, 11u})
    require(d.has(i), ErrorCode::invalid_graph, "input {} is left out, but needed", i);
  const ValueId w = lstm_weights(d, 1, 8, 9), r = lstm_weights(d, 2, 10, 11);
  const auto x = d.add_many("DynamicQuantizeLinear", {d.in(0)}, 3);
  d.become("LSTM", {d.add("DequantizeLinear", {x[0], x[1], x[2]}), w, r, d.in(3), d.in(4), d.in(5), d.in(6),
                    d.in(7)});
  node.node.notes.quantized_state = true;
}

constexpr Upgrade kRows[] = {
    {"com.microsoft.DynamicQuantizeLSTM", dynamic_quantize_lstm, 1},
    {"com.microsoft.GatherBlockQuantized", gather_block_quantized, 1},
    {"com.microsoft.MatMulBnb4", matmul_bnb4, 1},
    {"com.microsoft.MatMulNBits", matmul_n_bits, 1},
};

const RegisterUpgrades registered(kRows);

}  // namespace

}  // namespace octavo::onnx
