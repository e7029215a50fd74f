// NonMaxSuppression (float32): of boxes that overlap the best, by batch and class. ONNX NonMaxSuppression-10 …
// NonMaxSuppression-11.
#include <algorithm>

#include "base/error.h"
#include "ops/elements.h"
#include "ops/operands.h"
#include "ops/order.h"

namespace octavo {

namespace {

constexpr AttrDef kAttributes[] = {{"center_point_box", AttrKind::integer}};

enum : std::size_t { kBoxes = 0, kScores = 1, kMostBoxes = 2, kOverlap = 3, kLeastScore = 4 };

void infer(InferContext& ctx) {
  const Shape &boxes = ctx.shape(kBoxes), &scores = ctx.shape(kScores);
  require_dtype(ctx, kBoxes, {DType::f32});
  require_dtype(ctx, kScores, {DType::f32});
  require(boxes.rank() == 3 && scores.rank() == 3 && may_equal(boxes[0], scores[0]) &&
              may_equal(boxes[1], scores[2]) && may_equal(boxes[2], 4),
          ErrorCode::invalid_graph,
          "boxes and scores have shapes {} and {}, not [batch,boxes,4] and [batch,classes,boxes]", boxes,
          scores);
  for (std::size_t i : {kMostBoxes, kOverlap, kLeastScore}) {
    if (!ctx.has(i)) continue;
    require_dtype(ctx, i, {i == kMostBoxes ? DType::s64 : DType::f32});
    require_elements(ctx, i, 1);
  }
  const int64_t center = ctx.attrs().get_int("center_point_box", 0);
  require(center == 0 || center == 1, ErrorCode::invalid_graph, "center_point_box is {}", center);
  ctx.set(0, DType::s64, {kDynamic, 3});
}

struct Box {
  float low[2], high[2];
  float area() const { return (high[0] - low[0]) * (high[1] - low[1]); }
};

Box box_at(const float* numbers, bool is_center) {
  Box box;
  for (int side = 0; side < 2; ++side) {
    const float a = numbers[side], b = numbers[side + 2];
    box.low[side] = is_center ? a - b / 2 : std::min(a, b);
    box.high[side] = is_center ? a + b / 2 : std::max(a, b);
  }
  return box;
}

// Whether the boxes have more than that part of their union in common.
bool overlaps(const Box& a, const Box& b, float part) {
  Box common;
  for (int side = 0; side < 2; ++side) {
    common.low[side] = std::max(a.low[side], b.low[side]);
    common.high[side] = std::min(a.high[side], b.high[side]);
    if (!(common.low[side] < common.high[side])) return false;
  }
  return common.area() > part * (a.area() + b.area() - common.area());
}

// The workspace: keys and numbers of the boxes of one class, and the numbers of all scores that are selected.
StepPlan plan(const PlanContext& ctx) {
  const Shape& scores = ctx.shape(kScores);
  return {.state = PlanState(ctx.attrs().get_int("center_point_box", 0) != 0),
          .workspace = static_cast<uint64_t>(scores[2]) * 2 * sizeof(int64_t) +
                       static_cast<uint64_t>(scores.elements()) * sizeof(int32_t)};
}

void run(RunContext& ctx) {
  const TensorView& scores = ctx.inputs[kScores];
  const bool is_center = ctx.planned<bool>();
  const int64_t classes = scores.shape[1], count = scores.shape[2];
  const auto option = [&](std::size_t i) { return ctx.has(i) ? *ctx.inputs[i].as<float>() : 0; };
  const int64_t most = ctx.has(kMostBoxes) ? int_at(ctx.inputs[kMostBoxes], 0) : 0;
  const float overlap = option(kOverlap), least = option(kLeastScore);
  auto* const keys = reinterpret_cast<int64_t*>(ctx.workspace.data());
  int64_t* const order = keys + count;
  auto* const selected = reinterpret_cast<int32_t*>(order + count);
  int64_t total = 0;
  for (int64_t row = 0; row < scores.shape[0] * classes; ++row) {
    const float* const score = scores.as<float>() + row * count;
    const float* const boxes = ctx.inputs[kBoxes].as<float>() + row / classes * count * 4;
    order_keys(scores, row * count, count, keys);
    int64_t candidates = 0;
    for (int64_t i = 0; i < count; ++i) {
      keys[i] = ~keys[i];
      if (ctx.has(kLeastScore) ? score[i] > least : score[i] == score[i]) order[candidates++] = i;
    }
    sort_rows(keys, 1, order, candidates, candidates);
    const int64_t first = total;
    for (int64_t i = 0; i < candidates && total - first < most; ++i) {
      const Box box = box_at(boxes + order[i] * 4, is_center);
      const auto is_covered = [&](int32_t other) {
        return overlaps(box, box_at(boxes + (other - row * count) * 4, is_center), overlap);
      };
      if (std::none_of(selected + first, selected + total, is_covered))
        selected[total++] = static_cast<int32_t>(row * count + order[i]);
    }
  }
  auto* to = ctx.make_output(0, {total, 3}).as<int64_t>();
  for (int64_t i = 0; i < total; ++i, to += 3) {
    const int64_t row = selected[i] / count;
    to[0] = row / classes;
    to[1] = row % classes;
    to[2] = selected[i] % count;
  }
}

OCTAVO_OPERATOR(non_max_suppression, {.name = "NonMaxSuppression",
                                      .since = 10,
                                      .min_inputs = 2,
                                      .max_inputs = 5,
                                      .attributes = kAttributes,
                                      .infer = infer,
                                      .plan = plan,
                                      .run = run,
                                      .same_dtype = false,
                                      .computes_f32 = true,
                                      .shape_depends_on_data = true});

}  // namespace

}  // namespace octavo
