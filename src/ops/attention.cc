// Attention (float32): Y = softmax(softcap(scale · Q · Kᵀ + mask)) · V, by heads; K and V may grow behind a past.
// Several heads of Q may share one of K and V. ONNX Attention-23, Attention-24.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "base/error.h"
#include "kernels/rows/rows.h"
#include "kernels/softmax/softmax.h"
#include "ops/kernel_choice.h"
#include "ops/operands.h"
#include "ops/parallel.h"
#include "ops/thread_workspaces.h"

namespace octavo {

namespace {

constexpr AttrDef kAttributes[] = {{"is_causal", AttrKind::integer},
                                   {"kv_num_heads", AttrKind::integer},
                                   {"q_num_heads", AttrKind::integer},
                                   {"qk_matmul_output_mode", AttrKind::integer},
                                   {"scale", AttrKind::real},
                                   {"softcap", AttrKind::real},
                                   {"softmax_precision", AttrKind::integer}};

enum Input : uint8_t { kQ, kK, kV, kMask, kPastKey, kPastValue, kLengths };
enum Output : uint8_t { kY, kPresentKey, kPresentValue, kScores };
constexpr int kYBit = 3;  // of Spelt::by_rows

// How a tensor lies: [batch, heads, length, size], [batch, length, heads, size] or, of three axes, [batch, length,
// heads · size].
struct Heads {
  int64_t batch, heads, length, size;
  int64_t batch_step, head_step, row_step;  // elements from one to the next

  static Heads lying(int64_t batch, int64_t heads, int64_t length, int64_t size, bool by_rows) {
    const int64_t head_step = by_rows ? size : length * size, row_step = by_rows ? heads * size : size;
    return {batch, heads, length, size, heads * length * size, head_step, row_step};
  }
};

Heads heads_of(const Shape& x, const Attrs& attrs, Name count, bool by_rows) {
  if (x.rank() == 4) return Heads::lying(x[0], x[by_rows ? 2 : 1], x[by_rows ? 1 : 2], x[3], by_rows);
  require(x.rank() == 3, ErrorCode::invalid_graph, "attention takes 3 or 4 axes, not {}", x);
  const int64_t heads = attrs.get_int(count, 0);
  require(heads > 0 && heads <= kMaxTensorBytes && (x[2] == kDynamic || (x[2] > 0 && x[2] % heads == 0)),
          ErrorCode::invalid_graph, "{} has no {} heads", x, heads);
  return Heads::lying(x[0], heads, x[1], x[2] == kDynamic ? kDynamic : x[2] / heads, true);
}

struct Sizes {
  Heads q, k, v;
  int64_t past;
  Shape scores;  // [batch, heads, length, total]

  Sizes(const Node& node, std::span<const Operand> inputs)
      : q(heads_of(*inputs[kQ].shape, node.attrs, "q_num_heads", is_by_rows(node, kQ))),
        k(heads_of(*inputs[kK].shape, node.attrs, "kv_num_heads", is_by_rows(node, kK))),
        v(heads_of(*inputs[kV].shape, node.attrs, "kv_num_heads", is_by_rows(node, kV))),
        past(inputs.size() > kPastKey && inputs[kPastKey].shape ? (*inputs[kPastKey].shape)[2] : 0),
        scores{q.batch, q.heads, q.length,
               past == kDynamic || k.length == kDynamic ? kDynamic : past + k.length} {
    if (node.lowered.spelt.broadcasts)
      broadcast(inputs.size() > kMask && inputs[kMask].shape ? *inputs[kMask].shape : Shape{});
  }

  static bool is_by_rows(const Node& node, int bit) { return (node.lowered.spelt.by_rows >> bit & 1) != 0; }
  int64_t kv_heads() const { return std::max(k.heads, v.heads); }

 private:
  // Throws where the shapes do not fit. Heads of K and V that several of Q share are as good as one for each.
  void broadcast(const Shape& mask) {
    const auto shared = [&](const Heads& x) {
      return x.heads > 1 && q.heads > 1 && q.heads % x.heads == 0 ? q.heads : x.heads;
    };
    scores = broadcast_shapes(scores, {k.batch, shared(k), 1, 1});
    scores = broadcast_shapes(scores, mask);
    scores = broadcast_shapes(scores, {v.batch, shared(v), 1, 1});
  }
};

void require_past(const InferContext& ctx, std::size_t i, const Heads& heads) {
  const Shape& past = ctx.shape(i);
  require(may_equal(past[0], heads.batch) && may_equal(past[1], heads.heads) &&
              may_equal(past[3], heads.size) && may_equal(past[2], ctx.shape(kPastKey)[2]),
          ErrorCode::invalid_graph, "past {} does not fit what is new", past);
}

void infer(InferContext& ctx) {
  for (std::size_t i : {kQ, kK, kV, kPastKey, kPastValue})
    if (ctx.has(i)) require_dtype(ctx, i, Types<float>{});
  if (ctx.has(kMask)) require_dtype(ctx, kMask, Types<float, bool>{});
  if (ctx.has(kLengths)) require_dtype(ctx, kLengths, Types<int64_t, int32_t>{});
  require(ctx.has(kPastKey) == ctx.has(kPastValue), ErrorCode::invalid_graph,
          "has a past of one of key and value");
  for (std::size_t i : {kPastKey, kPastValue})
    require(!ctx.has(i) || ctx.shape(i).rank() == 4, ErrorCode::invalid_graph, "past {} has not 4 axes",
            ctx.shape(i));
  const int rank = ctx.shape(kQ).rank();
  require(ctx.shape(kK).rank() == rank && ctx.shape(kV).rank() == rank, ErrorCode::invalid_graph,
          "query, key and value differ in rank");
  const Sizes s(ctx.node, ctx.inputs);
  const auto& [q, k, v, past, scores] = s;
  const bool broadcasts = ctx.node.lowered.spelt.broadcasts;
  const auto is_shared = [&](const Heads& x) { return x.heads == 1 || may_equal(x.heads, s.kv_heads()); };
  const bool agree = may_equal(q.size, k.size) &&
                     (broadcasts ? may_equal(scores[3], v.length) && is_shared(k) && is_shared(v)
                                 : may_equal(q.batch, k.batch) && may_equal(q.batch, v.batch) &&
                                       may_equal(k.heads, v.heads) && may_equal(k.length, v.length));
  require(agree, ErrorCode::invalid_graph, "query {}, key {} and value {} do not fit", ctx.shape(kQ),
          ctx.shape(kK), ctx.shape(kV));
  const int64_t kv_heads = s.kv_heads();
  require(scores[1] == kDynamic || kv_heads == kDynamic || scores[1] == kv_heads ||
              (kv_heads > 0 && scores[1] % kv_heads == 0),
          ErrorCode::invalid_graph, "{} heads do not share {}", scores[1], kv_heads);
  if (ctx.has(kPastKey)) {
    require_past(ctx, kPastKey, k);
    require_past(ctx, kPastValue, v);
  }
  const int64_t total = scores[3];
  if (ctx.has(kMask) && !broadcasts) {
    const Shape& mask = ctx.shape(kMask);
    require(mask.rank() >= 1 && mask.rank() <= 4, ErrorCode::invalid_graph, "mask {}", mask);
    for (int i = 0; i < mask.rank(); ++i) {
      const int64_t have = mask[i], want = scores[4 - mask.rank() + i];
      const bool is_last = i == mask.rank() - 1;
      require(may_equal(have, want) || (is_last ? have < want : have == 1), ErrorCode::invalid_graph,
              "mask {} does not broadcast to {}", mask, scores);
    }
  }
  if (ctx.has(kLengths))
    require(ctx.shape(kLengths).rank() == 1 && may_equal(ctx.shape(kLengths)[0], q.batch),
            ErrorCode::invalid_graph, "nonpad_kv_seqlen {} is not a length for each batch",
            ctx.shape(kLengths));
  const int64_t hidden = v.size == kDynamic || scores[1] == kDynamic ? kDynamic : scores[1] * v.size;
  Shape y{scores[0], scores[1], scores[2], v.size};
  if (Sizes::is_by_rows(ctx.node, kYBit)) std::swap(y[1], y[2]);
  ctx.set(kY, DType::f32, rank == 3 ? Shape{scores[0], scores[2], hidden} : y);
  ctx.set(kPresentKey, DType::f32, {k.batch, k.heads, total, k.size});
  ctx.set(kPresentValue, DType::f32, {v.batch, v.heads, total, v.size});
  ctx.set(kScores, DType::f32, scores);
}

// Rows of Q that a head's scores are computed for at a time.
constexpr int64_t kRows = 48;
// So few rows of Q read K and V where they lie: packing them would take longer.
constexpr int64_t kFewRows = 2;

struct AttentionPlan {
  Heads q, k, v, y;  // broadcast: steps of 0 where one stands for many
  int64_t past, total;
  int64_t mask_steps[4], mask_length;  // along batch, heads, rows and keys
  float scale, softcap;
  int mode;
  bool causal, clears_nan, packs;
  bool copies_key, copies_value;                 // into the workspace, as they are in no output
  uint64_t key_bytes, value_bytes, score_bytes;  // of each thread
};

// x, of `length` rows, as if it had as many of everything as the scores, but for heads that are shared.
Heads spread(Heads x, const Shape& scores, int64_t heads, int64_t length) {
  if (x.batch != scores[0]) x.batch_step = 0;
  if (x.heads != heads) x.head_step = 0;
  if (x.length != length) x.row_step = 0;
  x.batch = scores[0];
  x.heads = heads;
  x.length = length;
  return x;
}

StepPlan plan(const PlanContext& ctx) {
  const Sizes s(ctx.node, ctx.inputs);
  const Attrs& attrs = ctx.attrs();
  AttentionPlan p{};
  p.past = s.past;
  p.total = s.scores[3];
  p.q = spread(s.q, s.scores, s.scores[1], s.scores[2]);
  p.k = spread(s.k, s.scores, s.kv_heads(), p.total - p.past);
  p.v = spread(s.v, s.scores, s.kv_heads(), s.v.length);
  p.y = Heads::lying(p.q.batch, p.q.heads, p.q.length, s.v.size,
                     ctx.shape(kQ).rank() == 3 || Sizes::is_by_rows(ctx.node, kYBit));
  p.scale = attrs.get_float("scale", 1 / std::sqrt(static_cast<float>(p.q.size)));
  p.softcap = attrs.get_float("softcap", 0);
  p.mode = static_cast<int>(attrs.get_int("qk_matmul_output_mode", 0));
  p.causal = attrs.get_int("is_causal", 0) != 0;
  p.clears_nan = ctx.node.lowered.spelt.clears_nan;
  if (ctx.has(kMask)) {
    const Shape& mask = ctx.shape(kMask);
    int64_t step = 1;
    for (int i = mask.rank() - 1, axis = 3; i >= 0; --i, --axis) {
      p.mask_steps[axis] = mask[i] == 1 ? 0 : step;
      step *= mask[i];
    }
    // One that is shorter leaves out the keys behind it.
    p.mask_length = ctx.node.lowered.spelt.broadcasts ? p.total : mask[mask.rank() - 1];
  }
  const auto has_output = [&](std::size_t i) {
    return i < ctx.outputs.size() && ctx.node.outputs[i] != kNoValue;
  };
  p.copies_key = ctx.has(kPastKey) && !has_output(kPresentKey);
  p.copies_value = ctx.has(kPastKey) && !has_output(kPresentValue);
  p.packs = p.q.length > kFewRows;
  if (p.packs) {
    const auto& gemm = choose_gemm_f32(ctx.kernels);
    p.key_bytes = align_up(packed_size_gemm_f32(gemm, static_cast<int>(p.total), static_cast<int>(p.k.size)));
    p.value_bytes =
        align_up(packed_size_gemm_f32(gemm, static_cast<int>(p.v.size), static_cast<int>(p.total)));
  }
  p.score_bytes = scratch_bytes<float>(static_cast<uint64_t>(std::min(kRows, p.q.length) * p.total));
  const auto copied = [&](bool copies, const Heads& x) {
    return copies ? scratch_bytes<float>(static_cast<uint64_t>(x.batch * x.heads * p.total * x.size)) : 0;
  };
  return {.state = PlanState(p),
          .workspace = copied(p.copies_key, p.k) + copied(p.copies_value, p.v) +
                       workspace_of_threads(ctx.kernels, p.key_bytes + p.value_bytes + p.score_bytes)};
}

// to[batch, heads, past + new, size] of the past and what is new; x is then how `to` lies.
void join(const TensorView& past, const float* added, Heads& x, int64_t past_length, float* to) {
  const int64_t total = past_length + x.length;
  for (int64_t i = 0; i < x.batch * x.heads; ++i) {
    float* const head = to + i * total * x.size;
    if (past_length > 0)
      std::memcpy(head, past.as<float>() + i * past_length * x.size, past_length * x.size * sizeof(float));
    const float* from = added + i / x.heads * x.batch_step + i % x.heads * x.head_step;
    for (int64_t row = past_length; row < total; ++row, from += x.row_step)
      std::memcpy(head + row * x.size, from, x.size * sizeof(float));
  }
  x = Heads::lying(x.batch, x.heads, total, x.size, false);
}

// Scales a row of scores, adds the mask's elements from `start` on, one for all where `step` is 0, and leaves out the
// scores from `end` on.
void mask_row(float* scores, int64_t total, float scale, const TensorView* mask, int64_t start, int64_t step,
              int64_t end) {
  constexpr float kNever = -std::numeric_limits<float>::infinity();
  end = std::max<int64_t>(end, 0);
  const float* const added =
      mask != nullptr && mask->dtype == DType::f32 ? mask->as<float>() + start : nullptr;
  kernels::scale_scores_f32(scores, end, scale, step == 0 ? nullptr : added);
  for (int64_t j = 0; added != nullptr && step == 0 && j < end; ++j) scores[j] += *added;
  for (int64_t j = 0; mask != nullptr && added == nullptr && j < end; ++j)
    if (mask->as<uint8_t>()[start + j * step] == 0) scores[j] = kNever;
  std::fill(scores + end, scores + total, kNever);
}

void run(RunContext& ctx) {
  const auto& p = ctx.planned<AttentionPlan>();
  Scratch scratch(ctx.workspace);
  Heads k = p.k, v = p.v;
  const float *keys = ctx.inputs[kK].as<float>(), *values = ctx.inputs[kV].as<float>();
  const auto output = [&](std::size_t i) {
    return i < ctx.outputs.size() ? ctx.outputs[i].as<float>() : nullptr;
  };
  const auto joined = [&](const float* added, Heads& x, std::size_t past, std::size_t present, bool copies) {
    float* to = output(present);
    if (copies) to = scratch.take<float>(static_cast<uint64_t>(x.batch * x.heads * p.total * x.size));
    if (to == nullptr) return added;
    join(ctx.has(past) ? ctx.inputs[past] : TensorView{}, added, x, p.past, to);
    return static_cast<const float*>(to);
  };
  keys = joined(keys, k, kPastKey, kPresentKey, p.copies_key);
  values = joined(values, v, kPastValue, kPresentValue, p.copies_value);

  const ThreadWorkspaces workspaces(scratch, p.key_bytes + p.value_bytes + p.score_bytes);
  const auto& gemm = choose_gemm_f32(ctx.kernels);
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  float* const scores_out = output(kScores);
  // What is behind the lengths of all batches costs nothing.
  int total = static_cast<int>(p.total);
  if (ctx.has(kLengths) && scores_out == nullptr) {
    int64_t longest = 1;
    for (int64_t batch = 0; batch < p.q.batch; ++batch)
      longest = std::max(longest, int_at(ctx.inputs[kLengths], batch));
    total = static_cast<int>(std::min(p.total, longest));
  }
  const int size = static_cast<int>(p.q.size), width = static_cast<int>(v.size);
  const Division division = divide_steps(p.q.length * total * (p.q.size + v.size) / kMacsPerStep);
  parallel_for(
      ctx.kernels.threads, p.q.batch * p.q.heads, division, [&](int64_t begin, int64_t end, int thread) {
        std::byte* const memory = static_cast<std::byte*>(workspaces[thread]);
        float* const scores = reinterpret_cast<float*>(memory + p.key_bytes + p.value_bytes);
        kernels::PackedGemmF32 key{}, value{};
        int64_t packed = -1;
        for (int64_t i = begin; i < end; ++i) {
          const int64_t batch = i / p.q.heads, head = i % p.q.heads, shared = head / (p.q.heads / k.heads);
          const kernels::RowsF32 key_rows{keys + batch * k.batch_step + shared * k.head_step, k.row_step,
                                          total, size},
              value_rows{values + batch * v.batch_step + shared * v.head_step, v.row_step, total, width};
          if (p.packs && batch * k.heads + shared != packed) {
            packed = batch * k.heads + shared;
            key = pack_gemm_f32(
                gemm, {key_rows.data, total, 1, 1, size, static_cast<ptrdiff_t>(key_rows.step), 0, 0, 1},
                memory);
            value = pack_gemm_f32(
                gemm, {value_rows.data, width, 1, 1, total, 1, 0, 0, static_cast<ptrdiff_t>(value_rows.step)},
                memory + p.key_bytes);
          }
          for (int64_t row = 0; row < p.q.length; row += kRows) {
            const int64_t rows = std::min(kRows, p.q.length - row);
            const auto keep = [&](int mode) {
              if (scores_out != nullptr && p.mode == mode)
                std::memcpy(scores_out + (i * p.q.length + row) * total, scores,
                            rows * total * sizeof(float));
            };
            const float* const query = ctx.inputs[kQ].as<float>() + batch * p.q.batch_step +
                                       head * p.q.head_step + row * p.q.row_step;
            if (p.packs)
              gemm_f32(key, {query, static_cast<ptrdiff_t>(p.q.row_step), static_cast<int>(rows)},
                       {nullptr, -kInfinity, kInfinity, scores, total});
            else
              for (int64_t r = 0; r < rows; ++r)
                dot_rows_f32(key_rows, query + r * p.q.row_step, scores + r * total);
            float scale = p.scale;
            if (scores_out != nullptr && p.mode == 0)
              kernels::scale_scores_f32(scores, rows * total, std::exchange(scale, 1), nullptr);
            keep(0);
            for (int64_t r = 0; r < rows; ++r) {
              int64_t limit = ctx.has(kMask) ? std::min<int64_t>(p.mask_length, total) : total;
              if (p.causal) limit = std::min(limit, p.past + row + r + 1);
              if (ctx.has(kLengths)) limit = std::min(limit, int_at(ctx.inputs[kLengths], batch));
              mask_row(scores + r * total, total, scale, ctx.has(kMask) ? &ctx.inputs[kMask] : nullptr,
                       batch * p.mask_steps[0] + head * p.mask_steps[1] + (row + r) * p.mask_steps[2],
                       p.mask_steps[3], limit);
            }
            keep(1);
            if (p.softcap > 0)  // what is masked stays masked
              for (int64_t j = 0; j < rows * total; ++j)
                if (scores[j] != -kInfinity)
                  scores[j] =
                      static_cast<float>(std::tanh(static_cast<double>(scores[j] / p.softcap))) * p.softcap;
            keep(2);
            kernels::softmax_f32(scores, scores, rows, total, 1);
            if (p.clears_nan)
              std::replace_if(scores, scores + rows * total, [](float x) { return x != x; }, 0.0f);
            keep(3);
            float* const y = ctx.outputs[kY].as<float>() + batch * p.y.batch_step + head * p.y.head_step +
                             row * p.y.row_step;
            if (p.packs)
              gemm_f32(value, {scores, total, static_cast<int>(rows)},
                       {nullptr, -kInfinity, kInfinity, y, static_cast<ptrdiff_t>(p.y.row_step)});
            else
              for (int64_t r = 0; r < rows; ++r)
                sum_rows_f32(value_rows, scores + r * total, y + r * p.y.row_step);
          }
        }
      });
}

int64_t macs(const ShapeContext& ctx) {
  const Sizes s(ctx.node, ctx.inputs);
  return s.scores.elements() * (s.q.size + s.v.size);
}

OCTAVO_OPERATOR(attention, {.name = "Attention",
                            .since = 23,
                            .min_inputs = 3,
                            .max_inputs = 7,
                            .max_outputs = 4,
                            .attributes = kAttributes,
                            .infer = infer,
                            .plan = plan,
                            .run = run,
                            .macs = macs,
                            .computes_f32 = true});

}  // namespace

}  // namespace octavo
