// ReverseSequence of any dtype: reverses the first elements along one axis, as many as each batch says. ONNX
// ReverseSequence-10.
#include <cstring>

#include "base/error.h"
#include "ops/operands.h"

namespace octavo {

namespace {

constexpr AttrDef kAttributes[] = {{"batch_axis", AttrKind::integer}, {"time_axis", AttrKind::integer}};

// Whether the batch is axis 0 and time axis 1, rather than the other way round.
bool batch_first(const Attrs& attrs) {
  const int64_t batch = attrs.get_int("batch_axis", 1), time = attrs.get_int("time_axis", 0);
  require((batch == 0 && time == 1) || (batch == 1 && time == 0), ErrorCode::invalid_graph,
          "batch_axis and time_axis are {} and {}, not 0 and 1", batch, time);
  return batch == 0;
}

void infer(InferContext& ctx) {
  const Shape &x = ctx.shape(0), &lengths = ctx.shape(1);
  require_dtype(ctx, 1, {DType::s64});
  require(x.rank() >= 2 && lengths.rank() == 1, ErrorCode::invalid_graph,
          "needs data of at least two axes and a list of lengths, not shapes {} and {}", x, lengths);
  const int64_t batch = x[batch_first(ctx.attrs()) ? 0 : 1];
  require(may_equal(batch, lengths[0]), ErrorCode::invalid_graph, "has {} lengths, but a batch of {}",
          lengths[0], batch);
  infer_as_input(ctx);
}

StepPlan plan(const PlanContext& ctx) { return {.state = PlanState(batch_first(ctx.attrs()))}; }

void run(RunContext& ctx) {
  const TensorView &x = ctx.inputs[0], &y = ctx.outputs[0];
  const bool is_first = ctx.planned<bool>();
  const int64_t batches = x.shape[is_first ? 0 : 1], times = x.shape[is_first ? 1 : 0];
  const std::size_t slice = x.shape.elements(2, x.shape.rank()) * size_of(x.dtype);
  for (int64_t batch = 0; batch < batches; ++batch) {
    const int64_t length = int_at(ctx.inputs[1], batch);
    require(length >= 0 && length <= times, ErrorCode::invalid_input,
            "length {} of sequence {} is outside shape {}", length, batch, x.shape);
    for (int64_t time = 0; time < times; ++time) {
      const int64_t from = time < length ? length - 1 - time : time;
      const auto offset = [&](int64_t t) {
        return (is_first ? batch * times + t : t * batches + batch) * slice;
      };
      std::memcpy(y.data + offset(time), x.data + offset(from), slice);
    }
  }
}

OCTAVO_OPERATOR(reverse_sequence, {.name = "ReverseSequence",
                                   .since = 10,
                                   .min_inputs = 2,
                                   .max_inputs = 2,
                                   .attributes = kAttributes,
                                   .infer = infer,
                                   .plan = plan,
                                   .run = run,
                                   .quant = kMovesElements});

}  // namespace

}  // namespace octavo
