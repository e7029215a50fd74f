// Gradients of what moves elements: they are moved back, and added up where an element went to several places.
#include <numeric>

#include "autodiff/rule.h"
#include "base/error.h"
#include "ops/operands.h"

namespace octavo {

namespace {

std::string need_constants(const Graph& graph, const Uses&, const Node& node) {
  for (std::size_t i = 1; i < node.inputs.size(); ++i)
    if (node.has_input(i) && !graph.constant_input(node, i)) return text("its input {} is not constant", i);
  return "";
}

void reshape(Backward& b) { b.give(0, b.reshape(b.gradient(), b.shape(b.in(0)))); }

void transpose(Backward& b) {
  const std::span<const int64_t> order = b.attrs().get_ints("perm");
  const int rank = b.rank(b.in(0));
  Dims inverse(static_cast<uint64_t>(rank), 0);
  for (int axis = 0; axis < rank; ++axis) inverse[order.empty() ? rank - 1 - axis : order[axis]] = axis;
  b.give(0, b.transpose(b.gradient(), std::span<const int64_t>(inverse.begin(), inverse.size())));
}

void concat(Backward& b) {
  const int axis = normalize_axis(b.attrs().get_int("axis", 0), b.rank(b.out()));
  int64_t start = 0;
  for (std::size_t i = 0; i < b.node().inputs.size(); ++i) {
    const int64_t count = b.shape(b.in(i))[axis];
    if (b.wants(i)) b.give(i, b.slice(b.gradient(), axis, start, count));
    start += count;
  }
}

void split(Backward& b) {
  std::vector<ValueId> parts;
  parts.reserve(b.node().outputs.size());
  for (std::size_t i = 0; i < b.node().outputs.size(); ++i) parts.push_back(b.gradient(i));
  b.give(0, b.add("Concat", parts, {{"axis", b.attrs().get_int("axis", 0)}}));
}

// Along one axis: y[j] = x[positions[j]].
ValueId put_back(Backward& b, ValueId g, int axis, std::span<const int64_t> positions, int64_t size) {
  const auto count = std::ssize(positions);
  bool is_block = true;
  for (int64_t j = 1; j < count; ++j) is_block &= positions[j] == positions[0] + j;
  const int64_t before = is_block ? positions[0] : 0, after = is_block ? size - before - count : 1;
  if (before == 0 && after == 0) return g;
  g = b.add("Pad", {g, b.ints({before, after}), kNoValue, b.ints({axis})});
  if (is_block) return g;
  // The zero behind the last one is for elements that nobody took.
  std::vector<int64_t> sources(static_cast<std::size_t>(size), count);
  for (int64_t j = 0; j < count; ++j) sources[positions[j]] = j;
  return b.add("Gather", {g, b.ints(sources)}, {{"axis", int64_t{axis}}});
}

void slice(Backward& b) {
  const Shape x = b.shape(b.in(0));
  const std::vector<int64_t> starts = b.known_ints(1), ends = b.known_ints(2), axes = b.known_ints(3),
                             steps = b.known_ints(4);
  ValueId g = b.gradient();
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const int axis = normalize_axis(axes.empty() ? static_cast<int64_t>(i) : axes[i], x.rank());
    std::vector<int64_t> places(static_cast<std::size_t>(x[axis]));
    std::iota(places.begin(), places.end(), 0);
    const Tensor inputs[] = {Tensor::of<int64_t>({x[axis]}, places), Tensor::of<int64_t>({1}, {starts[i]}),
                             Tensor::of<int64_t>({1}, {ends[i]}), Tensor::of<int64_t>({1}, {0}),
                             Tensor::of<int64_t>({1}, {steps.empty() ? 1 : steps[i]})};
    const Tensor taken = Backward::evaluate("Slice", inputs, {});
    g = put_back(b, g, axis, taken.span<int64_t>(), x[axis]);
  }
  b.give(0, g);
}

// An operator that is linear along each axis by itself is a matrix there, which it makes of the identity.
Tensor identity(int64_t size) {
  Tensor matrix(DType::f32, {size, size});
  for (int64_t i = 0; i < size * size; ++i) matrix.span<float>()[i] = i % (size + 1) == 0 ? 1.0f : 0.0f;
  return matrix;
}

// Along an axis: row i of the matrix says what elements of y make of element i.
ValueId apply(Backward& b, const Tensor& matrix, ValueId g, int axis) {
  const int64_t size = matrix.shape()[0], count = matrix.shape()[1];
  const std::span<const float> elements = matrix.span<float>();
  bool repeats = count % size == 0;
  for (int64_t i = 0; repeats && i < size * count; ++i)
    repeats = elements[i] == (i % count / (count / size) == i / count ? 1.0f : 0.0f);
  if (repeats && b.rank(g) < static_cast<int>(Dims::kMaxRank)) {
    Dims dims = b.shape(g).dims;
    dims[axis] = size;
    dims.insert(dims.begin() + axis + 1, count / size);
    const int64_t axes[] = {axis + 1};
    return b.sum(b.reshape(g, dims), axes);
  }
  const ValueId constant = b.constant(Tensor::copy_of(matrix.view()));
  if (b.dtype(g) == DType::f32) return b.along(constant, g, axis);
  // MatMul knows no float64.
  return b.cast(b.along(constant, b.cast(g, DType::f32), axis), DType::f64);
}

void pad(Backward& b) {
  const std::vector<int64_t> pads = b.known_ints(1);
  std::vector<int64_t> axes = b.known_ints(3);
  if (axes.empty())
    for (int axis = 0; axis < b.rank(b.in(0)); ++axis) axes.push_back(axis);
  ValueId g = b.gradient();
  if (b.attrs().get_string("mode", "constant") == "constant") {
    std::vector<int64_t> cuts;
    cuts.reserve(pads.size());
    for (int64_t pad : pads) cuts.push_back(-pad);
    return b.give(0, b.add("Pad", {g, b.ints(cuts), kNoValue, b.ints(axes)}));
  }
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const int axis = normalize_axis(axes[i], b.rank(g));
    const int64_t begin = pads[i], end = pads[axes.size() + i];
    if (begin == 0 && end == 0) continue;
    const Tensor inputs[] = {identity(b.shape(b.in(0))[axis]), Tensor::of<int64_t>({4}, {0, begin, 0, end})};
    g = apply(b, Backward::evaluate("Pad", inputs, b.attrs()), g, axis);
  }
  b.give(0, g);
}

void resize(Backward& b) {
  const Shape x = b.shape(b.in(0)), y = b.shape(b.out());
  std::span<const int64_t> axes = b.attrs().get_ints("axes");
  std::vector<int64_t> all;
  if (axes.empty()) {
    for (int axis = 0; axis < x.rank(); ++axis) all.push_back(axis);
    axes = all;
  }
  const Tensor* const scales = b.has(2) ? b.graph().constant_input(b.node(), 2) : nullptr;
  Attrs attrs = b.attrs();
  attrs.erase("axes");
  ValueId g = b.gradient();
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const int axis = normalize_axis(axes[i], x.rank());
    const bool by_scale = scales && scales->shape().elements() > 0;
    if (x[axis] == y[axis] && (!by_scale || scales->span<float>()[i] == 1)) continue;
    const Tensor none(DType::f32, {0});
    std::vector<Tensor> inputs;
    inputs.push_back(identity(x[axis]));
    inputs.push_back(Tensor::copy_of(none.view()));
    if (by_scale) {
      inputs.push_back(Tensor::of<float>({2}, {1, scales->span<float>()[i]}));
    } else {
      inputs.push_back(Tensor::copy_of(none.view()));
      inputs.push_back(Tensor::of<int64_t>({2}, {x[axis], y[axis]}));
    }
    g = apply(b, Backward::evaluate("Resize", inputs, attrs), g, axis);
  }
  b.give(0, g);
}

std::string resize_obstacle(const Graph& graph, const Uses& uses, const Node& node) {
  if (node.attrs.get_string("coordinate_transformation_mode", "") == "tf_crop_and_resize")
    return "it crops a region";
  if (node.attrs.get_string("keep_aspect_ratio_policy", "stretch") != "stretch")
    return "it keeps the aspect ratio";
  return need_constants(graph, uses, node);
}

// Gradients of slices that were picked several times are added up: zeros with the axis in front, to which they go.
void gather(Backward& b) {
  const Shape x = b.shape(b.in(0));
  const int axis = normalize_axis(b.attrs().get_int("axis", 0), x.rank());
  const int64_t outer = x.elements(0, axis), inner = x.elements(axis + 1, x.rank());
  const int64_t count = b.shape(b.in(1)).elements();
  const ValueId updates = b.transpose(b.reshape(b.gradient(), Shape{outer, count, inner}), {1, 0, 2});
  const ValueId sums =
      b.add("ScatterND", {b.zeros({x[axis], outer, inner}), b.reshape(b.in(1), Shape{count, 1}), updates},
            {{"reduction", "add"}});
  b.give(0, b.reshape(b.transpose(sums, {1, 0, 2}), x));
}

void gather_elements(Backward& b) {
  b.give(0, b.add("ScatterElements", {b.zeros(b.shape(b.in(0))), b.in(1), b.gradient()},
                  {{"axis", b.attrs().get_int("axis", 0)}, {"reduction", "add"}}));
}

void top_k(Backward& b) {
  b.give(0, b.add("ScatterElements", {b.zeros(b.shape(b.in(0))), b.out(1), b.gradient()},
                  {{"axis", b.attrs().get_int("axis", -1)}}));
}

// The sums that an element is part of start with it, and end at the other end.
void cum_sum(Backward& b) {
  b.give(0, b.add("CumSum", {b.gradient(), b.in(1)},
                  {{"exclusive", b.attrs().get_int("exclusive", 0)},
                   {"reverse", int64_t{b.attrs().get_int("reverse", 0) == 0}}}));
}

void trilu(Backward& b) {
  std::vector<ValueId> inputs = b.node().inputs;
  inputs[0] = b.gradient();
  b.give(0, b.add("Trilu", inputs, b.attrs()));
}

void depth_to_space(Backward& b) {
  const int64_t block = b.attrs().get_int("blocksize", 1);
  if (b.attrs().get_string("mode", "DCR") == "DCR")
    return b.give(0, b.add("SpaceToDepth", {b.gradient()}, {{"blocksize", block}}));
  const Shape x = b.shape(b.in(0)), y = b.shape(b.out());
  const ValueId blocks = b.reshape(b.gradient(), Shape{y[0], y[1], x[2], block, x[3], block});
  b.give(0, b.reshape(b.transpose(blocks, {0, 1, 3, 5, 2, 4}), x));
}

void space_to_depth(Backward& b) {
  b.give(0, b.add("DepthToSpace", {b.gradient()}, {{"blocksize", b.attrs().get_int("blocksize", 1)}}));
}

constexpr GradientRule kRules[] = {
    {.op = "Reshape", .differentiate = reshape},
    {.op = "Flatten", .differentiate = reshape},
    {.op = "Squeeze", .differentiate = reshape},
    {.op = "Unsqueeze", .differentiate = reshape},
    {.op = "Transpose", .differentiate = transpose},
    {.op = "Expand", .formulas = {"g"}},
    {.op = "Concat", .differentiate = concat},
    {.op = "Split", .differentiate = split},
    {.op = "Slice", .differentiate = slice, .obstacle = need_constants},
    {.op = "Pad", .differentiate = pad, .stops = 1 << 2, .obstacle = need_constants},
    {.op = "Resize", .differentiate = resize, .stops = 1 << 1 | 1 << 2, .obstacle = resize_obstacle},
    {.op = "Gather", .differentiate = gather},
    {.op = "GatherElements", .differentiate = gather_elements},
    {.op = "TopK", .differentiate = top_k},
    {.op = "CumSum", .differentiate = cum_sum},
    {.op = "Trilu", .differentiate = trilu},
    {.op = "DepthToSpace", .differentiate = depth_to_space},
    {.op = "SpaceToDepth", .differentiate = space_to_depth},
};

}  // namespace

const GradientRules kMovementRules = kRules;

}  // namespace octavo
