// octavo.QConcat: Concat on uint8. An input whose scale or zero_point differs from the output's goes through a table:
// q' = clamp(round_half_even((q - zx) * (sx / sy)) + zy).
#include <cstring>

#include "base/error.h"
#include "kernels/lut/lut.h"
#include "kernels/quantize/rounding.h"
#include "ops/activation_params.h"
#include "ops/operands.h"

namespace octavo {

namespace {

struct PreparedConcat : Prepared {
  // By input: a table, or nothing where the integers are copied.
  std::vector<std::vector<uint8_t>> tables;
};

void infer(InferContext& ctx) {
  Shape out = ctx.shape(0);
  const int axis = axis_or_last(ctx.attrs(), out);
  for (std::size_t i = 0; i < ctx.inputs.size(); ++i) {
    require(ctx.dtype(i) == DType::u8, ErrorCode::unsupported, "octavo.QConcat takes uint8, not {}",
            dtype_name(ctx.dtype(i)));
    if (i == 0) continue;
    const Shape& shape = ctx.shape(i);
    bool fits = shape.rank() == out.rank();
    for (int a = 0; fits && a < out.rank(); ++a) {
      if (a == axis) continue;
      fits = shape[a] == out[a] || shape[a] == kDynamic || out[a] == kDynamic;
      if (out[a] == kDynamic) out[a] = shape[a];
    }
    require(fits, ErrorCode::invalid_graph, "shapes {} and {} differ along other axes than {}", ctx.shape(0),
            shape, axis);
    out[axis] = out[axis] == kDynamic || shape[axis] == kDynamic ? kDynamic : out[axis] + shape[axis];
  }
  ctx.set(0, DType::u8, out);
}

std::shared_ptr<const Prepared> prepare(const PrepareContext& ctx) {
  const ActivationParams out = output_params(ctx);
  auto prepared = std::make_shared<PreparedConcat>();
  for (std::size_t i = 0; i < ctx.node.inputs.size(); ++i) {
    const ActivationParams in = input_params(ctx, i);
    auto& table = prepared->tables.emplace_back();
    const bool same = in.scale == out.scale && in.zero_point == out.zero_point && in.qmin >= out.qmin &&
                      in.qmax <= out.qmax;
    if (same) continue;
    const float ratio = to_multiplier(double(in.scale) / out.scale);
    for (int q = 0; q < kernels::kTableSize; ++q)
      table.push_back(static_cast<uint8_t>(kernels::round_and_clamp(
          static_cast<float>(q - in.zero_point) * ratio, out.zero_point, out.qmin, out.qmax)));
  }
  return prepared;
}

void run(RunContext& ctx) {
  const Shape& shape = ctx.outputs[0].shape;
  const int axis = ctx.planned<int>();
  const int64_t rows = shape.elements(0, axis), out_row = shape.elements(axis, shape.rank());
  const auto& tables = ctx.prepared<PreparedConcat>().tables;
  int64_t offset = 0;
  for (std::size_t i = 0; i < ctx.inputs.size(); ++i) {
    const int64_t row = ctx.inputs[i].shape.elements(axis, shape.rank());
    const uint8_t* in = ctx.inputs[i].as<uint8_t>();
    uint8_t* out = ctx.outputs[0].as<uint8_t>() + offset;
    for (int64_t r = 0; r < rows; ++r, in += row, out += out_row) {
      if (tables[i].empty())
        std::memcpy(out, in, static_cast<std::size_t>(row));
      else
        kernels::lookup(tables[i].data(), in, row, out);
    }
    offset += row;
  }
}

OCTAVO_OPERATOR(q_concat, {.name = "octavo.QConcat",
                           .min_inputs = 1,
                           .max_inputs = 1 << 20,
                           .infer = infer,
                           .prepare = prepare,
                           .plan = plan_axis_or_last,
                           .run = run});

}  // namespace

}  // namespace octavo
