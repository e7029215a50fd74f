// Conv (float32): 1-D, 2-D and 3-D, grouped, depthwise, dilated. ONNX Conv-1 … Conv-22.
#include <variant>

#include "base/error.h"
#include "kernels/conv/conv.h"
#include "kernels/dwconv_f32/dwconv_f32.h"
#include "ops/conv_layer.h"
#include "ops/conv_pieces.h"
#include "ops/kernel_choice.h"

namespace octavo {

namespace {

using kernels::ConvGeometry;

// Packed weights of either kind; a view of memory that somebody else owns.
using Packed = std::variant<kernels::PackedConvF32, kernels::PackedDwconvF32>;

struct PreparedConv : Prepared {
  Buffer memory;
  Packed weights;
  ConvGeometry geometry;  // of the weights

  bool can_unpack(std::size_t input) const override { return input == 1; }
  void unpack(std::size_t, const TensorView& elements) const override {
    float* const out = elements.as<float>();
    if (const auto* depthwise = std::get_if<kernels::PackedDwconvF32>(&weights))
      unpack_dwconv_f32(*depthwise, geometry, out);
    else
      unpack_conv_f32(std::get<kernels::PackedConvF32>(weights), geometry, out);
  }
};

uint64_t packed_size(const KernelPolicy& policy, const ConvGeometry& g) {
  return is_depthwise(g) ? packed_size_dwconv_f32(choose_dwconv_f32(policy), g)
                         : packed_size_conv_f32(choose_gemm_f32(policy), g);
}

Packed pack(const KernelPolicy& policy, const ConvGeometry& g, const float* weights, void* memory) {
  if (is_depthwise(g)) return pack_dwconv_f32(choose_dwconv_f32(policy), g, weights, memory);
  return pack_conv_f32(choose_gemm_f32(policy), g, weights, memory);
}

void infer(InferContext& ctx) {
  require(ctx.dtype(0) == DType::f32 && ctx.dtype(1) == DType::f32, ErrorCode::unsupported,
          "Conv takes float32, not {} with weights of {}", dtype_name(ctx.dtype(0)),
          dtype_name(ctx.dtype(1)));
  const DType bias = ctx.has(2) ? ctx.dtype(2) : DType::f32;
  require(bias == DType::f32, ErrorCode::unsupported, "Conv takes a bias of float32, not {}",
          dtype_name(bias));
  infer_conv(ctx, DType::f32);
}

std::shared_ptr<const Prepared> prepare(const PrepareContext& ctx) {
  const Tensor* const weights = ctx.constant(1);
  if (weights == nullptr) return nullptr;
  const ConvGeometry g = conv_weight_geometry(ctx.node.attrs, weights->shape());
  auto prepared = std::make_shared<PreparedConv>();
  prepared->geometry = g;
  prepared->memory = Buffer(packed_size(ctx.kernels, g));
  prepared->weights = pack(ctx.kernels, g, weights->span<float>().data(), prepared->memory.data());
  return prepared;
}

// Scratch memory of the kernel on one thread. Weights that are not packed yet have the geometry, but no panels.
uint64_t kernel_workspace(const Packed& packed, const ConvGeometry& g) {
  if (const auto* depthwise = std::get_if<kernels::PackedDwconvF32>(&packed))
    return workspace_bytes_dwconv_f32(*depthwise, g);
  return workspace_bytes_conv_f32(std::get<kernels::PackedConvF32>(packed), g);
}

// As much workspace as a kernel can want when the weights come at run time.
uint64_t unpacked_workspace(const KernelPolicy& policy, const ConvGeometry& g) {
  if (is_depthwise(g)) {
    const auto& kernel = choose_dwconv_f32(policy);
    return workspace_bytes_dwconv_f32({&kernel, g.c, g.kh, g.kw, nullptr}, g);
  }
  const auto& kernel = choose_gemm_f32(policy);
  return workspace_bytes_conv_f32({{&kernel, g.group_outputs(), g.depth(), nullptr}, g.groups, 0}, g);
}

StepPlan plan(const PlanContext& ctx) {
  const ConvGeometry g = conv_geometry(ctx);
  const uint64_t reorder = reorder_bytes<float, float>(ctx.node, g);
  const uint64_t kernel =
      ctx.node.prepared
          ? workspace_of_threads(ctx.kernels, kernel_workspace(ctx.prepared<PreparedConv>().weights, g))
          : scratch_bytes<std::byte>(packed_size(ctx.kernels, g)) +
                workspace_of_threads(ctx.kernels, unpacked_workspace(ctx.kernels, g));
  return {.state = PlanState(g), .workspace = reorder + kernel};
}

void run(RunContext& ctx) {
  const auto& g = ctx.planned<ConvGeometry>();
  const Clamp& activation = ctx.node.lowered.clamp;
  const float* const bias = ctx.has(2) ? ctx.inputs[2].as<float>() : nullptr;
  Scratch scratch(ctx.workspace);
  Packed packed = ctx.node.prepared ? ctx.prepared<PreparedConv>().weights
                                    : pack(ctx.kernels, g, ctx.inputs[1].as<float>(),
                                           scratch.take<std::byte>(packed_size(ctx.kernels, g)));
  const auto compute = [&](const float* in, float* out) {
    const kernels::BiasClampF32 epilogue{bias, activation.low, activation.high, out, g.oc};
    const ThreadWorkspaces memory(scratch, kernel_workspace(packed, g));
    if (const auto* depthwise = std::get_if<kernels::PackedDwconvF32>(&packed))
      parallel_dwconv_rows(ctx.kernels, g, 3, [&](int begin, int end, int thread) {
        dwconv_f32(*depthwise, g, {in, begin, end, memory[thread]}, epilogue);
      });
    else
      parallel_conv(ctx.kernels, std::get<kernels::PackedConvF32>(packed), g, epilogue,
                    [&](const auto& weights, const auto& e, const ProductPiece& piece) {
                      conv_f32(weights, g, {in, piece.row, piece.row + piece.rows, memory[piece.thread]}, e);
                    });
  };
  with_channels_last(ctx.node, g, ctx.inputs[0].as<float>(), ctx.outputs[0].as<float>(), scratch, compute);
}

int output_channel_axis(const Graph&, const Node&) { return 0; }

std::string obstacle(const Graph& graph, const Node& node) {
  const auto& shape = graph[node.inputs[1]].shape;
  if (shape && shape->elements(1, shape->rank()) > kernels::max_reduction)
    return "its reduction is too deep for int32 accumulators";
  return {};
}

constexpr IntegerForm kForms[] = {{DType::u8, DType::s8, DType::u8, "octavo.QConv"},
                                  {DType::f32, DType::s8, DType::f32, "octavo.DynamicQConv"}};

OCTAVO_OPERATOR(conv, {.name = "Conv",
                       .min_inputs = 2,
                       .max_inputs = 3,
                       .attributes = kConvAttributes,
                       .infer = infer,
                       .prepare = prepare,
                       .plan = plan,
                       .run = run,
                       .macs = conv_macs,
                       .computes_f32 = true,
                       .clamps_output = true,
                       .layout = LayoutRule::channels_last,
                       .quant = {.inputs = kWeighted,
                                 .result = ResultRole::activation,
                                 .forms = kForms,
                                 .weight_axis = output_channel_axis,
                                 .rows = ProductRows::windows,
                                 .obstacle = obstacle}});

}  // namespace

}  // namespace octavo
