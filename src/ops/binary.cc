// Functions of two elements with broadcasting: a line of the table is an operator. ONNX opset 7 to 18.
//
// float32 has kernels; other types go through float64 or int64.
#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <utility>

#include "base/error.h"
#include "kernels/eltwise/binary.h"
#include "ops/broadcast.h"
#include "ops/elements.h"
#include "ops/operands.h"
#include "ops/parallel.h"

namespace octavo {

namespace {

using kernels::BinaryOp;

// Bits of `how` an element function computes: integers hold uint64; fmod = 1 of Mod, direction RIGHT of BitShift.
constexpr unsigned kU64 = 1, kOther = 2;

struct BinaryRow {
  std::string_view name;
  unsigned types;  // kinds of elements
  BinaryOp kernel = BinaryOp::none;
  double (*real)(double a, double b, unsigned how) = nullptr;
  int64_t (*integer)(int64_t a, int64_t b, unsigned how) = nullptr;
  int since = 1;
  bool gives_boolean = false;
  bool swaps = false;  // the functions take b and a
  AttrDef attribute = {};
  QuantRule quant = {};
};

// Integer arithmetic wraps around: in C++ only that of unsigned types does.
constexpr uint64_t bits(int64_t x) { return static_cast<uint64_t>(x); }
constexpr int64_t integer(uint64_t x) { return static_cast<int64_t>(x); }

// The least number divided by -1 is out of range: negation wraps around. The caller rules out 0.
int64_t quotient(int64_t a, int64_t b, unsigned how) {
  if (b == 0) return 0;
  if (how & kU64) return integer(bits(a) / bits(b));
  return b == -1 ? integer(-bits(a)) : a / b;
}

// Has the sign of b, as Python's, or that of a, as C's.
int64_t remainder(int64_t a, int64_t b, unsigned how) {
  const int64_t rest = integer(bits(a) - bits(quotient(a, b, how)) * bits(b));
  return !(how & (kOther | kU64)) && rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

int64_t shift(int64_t a, int64_t b, unsigned how) {
  if (bits(b) >= 64) return 0;
  return integer(how & kOther ? bits(a) >> b : bits(a) << b);
}

constexpr IntegerForm kAddForm[] = {{DType::u8, DType::s8, DType::u8, "octavo.QAdd"}};
constexpr IntegerForm kMulForm[] = {{DType::u8, DType::s8, DType::u8, "octavo.QMul"}};

// Rows of comparisons, and what those with swapped operands share.
constexpr BinaryRow less(std::string_view name, bool swaps) {
  return {.name = name,
          .types = kNumber,
          .kernel = BinaryOp::less,
          .real = [](double a, double b, unsigned) -> double { return a < b; },
          .integer = [](int64_t a, int64_t b, unsigned how) -> int64_t { return is_less(a, b, how & kU64); },
          .gives_boolean = true,
          .swaps = swaps};
}
constexpr BinaryRow less_or_equal(std::string_view name, bool swaps) {
  return {.name = name,
          .types = kNumber,
          .kernel = BinaryOp::less_or_equal,
          .real = [](double a, double b, unsigned) -> double { return a <= b; },
          .integer = [](int64_t a, int64_t b, unsigned how) -> int64_t { return !is_less(b, a, how & kU64); },
          .since = 12,
          .gives_boolean = true,
          .swaps = swaps};
}
constexpr BinaryRow logic(std::string_view name, unsigned types, int since,
                          int64_t (*function)(int64_t, int64_t, unsigned)) {
  return {.name = name, .types = types, .integer = function, .since = since};
}

constexpr auto kAnd = [](int64_t a, int64_t b, unsigned) { return a & b; };
constexpr auto kOr = [](int64_t a, int64_t b, unsigned) { return a | b; };
constexpr auto kXor = [](int64_t a, int64_t b, unsigned) { return a ^ b; };

constexpr BinaryRow kAllRows[] = {
    {.name = "Add",
     .types = kNumber,
     .kernel = BinaryOp::add,
     .real = [](double a, double b, unsigned) { return a + b; },
     .integer = [](int64_t a, int64_t b, unsigned) { return integer(bits(a) + bits(b)); },
     .quant = requantized(kAddForm)},
    {.name = "Sub",
     .types = kNumber,
     .kernel = BinaryOp::sub,
     .real = [](double a, double b, unsigned) { return a - b; },
     .integer = [](int64_t a, int64_t b, unsigned) { return integer(bits(a) - bits(b)); }},
    {.name = "Mul",
     .types = kNumber,
     .kernel = BinaryOp::mul,
     .real = [](double a, double b, unsigned) { return a * b; },
     .integer = [](int64_t a, int64_t b, unsigned) { return integer(bits(a) * bits(b)); },
     .quant = requantized(kMulForm)},
    {.name = "Div",
     .types = kNumber,
     .kernel = BinaryOp::div,
     .real = [](double a, double b, unsigned) { return a / b; },
     .integer = quotient},
    {.name = "Mod",
     .types = kNumber,
     .real = [](double a, double b, unsigned) { return std::fmod(a, b); },
     .integer = remainder,
     .since = 10,
     .attribute = {"fmod", AttrKind::integer}},
    {.name = "Max",
     .types = kNumber,
     .kernel = BinaryOp::max,
     .real = [](double a, double b, unsigned) { return a != a || a > b ? a : b; },
     .integer = [](int64_t a, int64_t b, unsigned how) { return is_less(a, b, how & kU64) ? b : a; }},
    {.name = "Min",
     .types = kNumber,
     .kernel = BinaryOp::min,
     .real = [](double a, double b, unsigned) { return a != a || a < b ? a : b; },
     .integer = [](int64_t a, int64_t b, unsigned how) { return is_less(a, b, how & kU64) ? a : b; }},
    {.name = "PRelu",
     .types = kNumber,
     .kernel = BinaryOp::prelu,
     .real = [](double a, double b, unsigned) { return a < 0 ? a * b : a; },
     .integer = [](int64_t a, int64_t b,
                   unsigned how) { return a < 0 && !(how & kU64) ? integer(bits(a) * bits(b)) : a; }},
    {.name = "BitShift",
     .types = kUnsigned,
     .integer = shift,
     .since = 11,
     .attribute = {"direction", AttrKind::string}},
    logic("And", kBoolean, 1, kAnd),
    logic("Or", kBoolean, 1, kOr),
    logic("Xor", kBoolean, 1, kXor),
    logic("BitwiseAnd", kInteger, 18, kAnd),
    logic("BitwiseOr", kInteger, 18, kOr),
    logic("BitwiseXor", kInteger, 18, kXor),
    {.name = "Equal",
     .types = kNumber | kBoolean,
     .kernel = BinaryOp::equal,
     .real = [](double a, double b, unsigned) -> double { return a == b; },
     .integer = [](int64_t a, int64_t b, unsigned) -> int64_t { return a == b; },
     .gives_boolean = true},
    less("Less", false),
    less("Greater", true),
    less_or_equal("LessOrEqual", false),
    less_or_equal("GreaterOrEqual", true),
};
constexpr auto kRows = rows_of_build<kAllRows>();

const BinaryRow& row_of(const Node& node);

// What the row's attribute says of how to compute.
unsigned variant(const Attrs& attrs, const BinaryRow& row) {
  if (row.attribute.name.empty()) return 0;
  if (row.attribute.kind == AttrKind::integer) return attrs.get_int(row.attribute.name, 0) != 0 ? kOther : 0;
  const std::string_view value = attrs.get_string(row.attribute.name, "");
  require(value == "LEFT" || value == "RIGHT", ErrorCode::invalid_graph,
          "the attribute '{}' is '{}', not LEFT or RIGHT", row.attribute.name, value);
  return value == "RIGHT" ? kOther : 0;
}

void infer(InferContext& ctx) {
  const BinaryRow& row = row_of(ctx.node);
  require_kind(ctx, 0, row.types);
  require_same_dtype(ctx, 0, 1);
  const unsigned how = variant(ctx.attrs(), row);
  const bool is_defined = row.kernel != BinaryOp::none || how == kOther || !is_float(ctx.dtype(0));
  require(is_defined, ErrorCode::unsupported, "of floats fmod must be 1");
  const Shape out = broadcast_shapes(ctx.shape(0), ctx.shape(1));
  if (row.kernel == BinaryOp::prelu) {
    bool fits = out.rank() == ctx.shape(0).rank();
    for (int axis = 0; fits && axis < out.rank(); ++axis)
      fits = out[axis] == ctx.shape(0)[axis] || ctx.shape(0)[axis] == kDynamic;
    require(fits, ErrorCode::invalid_graph, "the slope of shape {} does not broadcast to {}", ctx.shape(1),
            ctx.shape(0));
  }
  ctx.set(0, row.gives_boolean ? DType::boolean : ctx.dtype(0), out);
}

struct BinaryPlan {
  kernels::StridedBox<3> box;
  const BinaryRow* row;
  unsigned how;
};

StepPlan plan(const PlanContext& ctx) {
  const BinaryRow& row = row_of(ctx.node);
  const unsigned how = variant(ctx.attrs(), row) | (ctx.dtype(0) == DType::u64 ? kU64 : 0);
  const Operand &a = ctx.inputs[row.swaps], &b = ctx.inputs[!row.swaps];
  return {.state = PlanState(BinaryPlan{broadcast_box(a, b, ctx.outputs[0]), &row, how})};
}

bool contains_zero(const TensorView& integers) {
  bool found = false;
  int64_t numbers[kChunk];
  const int64_t count = integers.shape.elements();
  for (int64_t start = 0; start < count; start += kChunk) {
    const int64_t n = std::min(kChunk, count - start);
    load_elements(integers, start, n, numbers);
    found |= std::find(numbers, numbers + n, 0) != numbers + n;
  }
  return found;
}

void run(RunContext& ctx) {
  const auto& [box, row, how] = ctx.planned<BinaryPlan>();
  const TensorView &a = ctx.inputs[row->swaps], &b = ctx.inputs[!row->swaps], &out = ctx.outputs[0];
  if (a.dtype == DType::f32 && row->kernel != BinaryOp::none) {
    const Clamp& activation = ctx.node.lowered.clamp;
    const kernels::Clamp clamp{activation.low, activation.high};
    const bool clamps = std::isfinite(clamp.lo) || std::isfinite(clamp.hi);
    const kernels::BinaryRow function = kernels::binary_row(row->kernel);
    parallel_box<3>(ctx.kernels, box, {a.data, b.data, out.data}, [&](const auto& piece, const auto& at) {
      kernels::binary(piece, function, at[0], at[1], at[2], clamps ? &clamp : nullptr);
    });
  } else if (is_float(a.dtype)) {
    compute_elements(ctx.kernels, box, a, b, out, row->real, how);
  } else {
    const bool divides = row->integer == quotient || row->integer == remainder;
    require(!divides || !contains_zero(b), ErrorCode::invalid_input, "divides integers of shape {} by zero",
            a.shape);
    compute_elements(ctx.kernels, box, a, b, out, row->integer, how);
  }
}

constexpr OpDef define(const BinaryRow& row) {
  const bool is_arithmetic = row.kernel >= BinaryOp::add && row.kernel <= BinaryOp::div;
  return {.name = row.name,
          .since = row.since,
          .min_inputs = 2,
          .max_inputs = 2,
          .attributes = {&row.attribute, row.attribute.name.empty() ? std::size_t{0} : 1},
          .infer = infer,
          .plan = plan,
          .run = run,
          .same_dtype = !row.gives_boolean,
          .commutes = row.kernel == BinaryOp::add || row.kernel == BinaryOp::mul,
          .clamps_output = is_arithmetic,
          .layout = LayoutRule::elementwise,
          .quant = row.quant};
}

constexpr auto kDefinitions = []<std::size_t... i>(std::index_sequence<i...>) {
  return std::array<OpDef, sizeof...(i)>{define(kRows[i])...};
}(std::make_index_sequence<std::size(kRows)>());

const BinaryRow& row_of(const Node& node) { return kRows[node.op - kDefinitions.data()]; }

const RegisterOp registered(kDefinitions);

}  // namespace

}  // namespace octavo
