// octavo.Lookup: y[i] = table[x[i]] on uint8, any function of one quantized element. Input 1 is the table, uint8 [256].
#include "ops/lookup.h"

#include "base/error.h"
#include "graph/op_def.h"
#include "ops/parallel.h"

namespace octavo {

namespace {

void infer(InferContext& ctx) {
  require(ctx.dtype(0) == DType::u8 && ctx.dtype(1) == DType::u8, ErrorCode::unsupported,
          "octavo.Lookup takes uint8 and a table of uint8, not {} and {}", dtype_name(ctx.dtype(0)),
          dtype_name(ctx.dtype(1)));
  require(ctx.shape(1) == Shape{kernels::kTableSize}, ErrorCode::invalid_graph, "the table has the shape {}",
          ctx.shape(1));
  ctx.set(0, DType::u8, ctx.shape(0));
}

void run(RunContext& ctx) {
  const uint8_t *const table = ctx.inputs[1].as<uint8_t>(), *const x = ctx.inputs[0].as<uint8_t>();
  uint8_t* const y = ctx.outputs[0].as<uint8_t>();
  parallel_elements(ctx.kernels, ctx.inputs[0].shape.elements(), 1, [&](int64_t begin, int64_t end) {
    kernels::lookup(table, x + begin, end - begin, y + begin);
  });
}

bool permute(Graph&, Node&, std::span<const int>) { return true; }

OCTAVO_OPERATOR(lookup, {.name = "octavo.Lookup",
                         .min_inputs = 2,
                         .max_inputs = 2,
                         .infer = infer,
                         .run = run,
                         .layout = LayoutRule::permutable,
                         .permute = permute});

}  // namespace

}  // namespace octavo
