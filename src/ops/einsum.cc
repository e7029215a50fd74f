// Einsum (float32): y[labels] = Σ of the products of the operands over the labels that y lacks. Two operands that
// share the labels summed over are matrix products. ONNX Einsum-12.
#include <algorithm>

#include "base/error.h"
#include "kernels/transpose/transpose.h"
#include "ops/matrix.h"
#include "ops/operands.h"
#include "ops/scratch.h"

namespace octavo {

namespace {

constexpr AttrDef kAttributes[] = {{"equation", AttrKind::string}};

constexpr int kMaxOperands = 8, kMaxLabels = 24;

// A label is its letter, or what an ellipsis stands for: its axes count from the last one, 0.
constexpr int64_t kEllipsis = 256;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// The labels of each operand and of the output.
struct Equation {
  Dims operands[kMaxOperands], output;
  int labels = 0;  // those of the output first
  int64_t label[kMaxLabels], size[kMaxLabels];

  int find(int64_t name) const { return static_cast<int>(std::find(label, label + labels, name) - label); }
  bool add(int64_t name, int64_t dim) {
    const int at = find(name);
    if (at == labels) {
      require(labels < kMaxLabels, ErrorCode::unsupported, "more than {} labels", kMaxLabels);
      label[labels] = name;
      size[labels++] = dim;
      return true;
    }
    const int64_t have = size[at];
    if (have == 1 || (have == kDynamic && dim > 1)) size[at] = dim;
    return have == dim || have == 1 || dim == 1 || have == kDynamic || dim == kDynamic;
  }
};

// Reads a list of labels up to a comma, an arrow or the end.
Dims read_labels(std::string_view& text, int64_t ellipsis_axes) {
  Dims labels;
  bool has_ellipsis = false;
  for (; !text.empty() && text[0] != ',' && text[0] != '-'; text.remove_prefix(1)) {
    if (text[0] == ' ') continue;
    if (is_letter(text[0])) {
      labels.push_back(text[0]);
      continue;
    }
    require(text.starts_with("...") && !has_ellipsis, ErrorCode::invalid_graph, "equation at '{}'", text);
    text.remove_prefix(2);
    has_ellipsis = true;
    for (int64_t axis = ellipsis_axes; axis-- > 0;) labels.push_back(kEllipsis + axis);
  }
  return labels;
}

Equation parse(std::string_view text, std::span<const Operand> inputs) {
  Equation equation, all;
  int64_t longest_ellipsis = 0;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (i > 0) {
      require(text.starts_with(','), ErrorCode::invalid_graph,
              "the equation has fewer operands than the node");
      text.remove_prefix(1);
    }
    const Shape& shape = *inputs[i].shape;
    const std::string_view term = text.substr(0, std::min(text.find_first_of(",-"), text.size()));
    const int64_t covered = term.contains('.') ? shape.rank() - std::ranges::count_if(term, is_letter) : 0;
    longest_ellipsis = std::max(longest_ellipsis, covered);
    Dims& labels = equation.operands[i] = read_labels(text, covered);
    require(static_cast<int>(labels.size()) == shape.rank(), ErrorCode::invalid_graph,
            "operand {} of shape {} has {} labels", i, shape, labels.size());
    for (int axis = 0; axis < shape.rank(); ++axis)
      require(all.add(labels[axis], shape[axis]), ErrorCode::invalid_graph,
              "axis {} of operand {}, {}, has not the size of its label", axis, i, shape);
  }
  if (text.starts_with("->")) {
    text.remove_prefix(2);
    equation.output = read_labels(text, longest_ellipsis);
  } else {
    // What an ellipsis stands for, then the letters that are there once, in alphabetical order.
    for (int64_t axis = longest_ellipsis; axis-- > 0;) equation.output.push_back(kEllipsis + axis);
    for (int64_t letter = 'A'; letter <= 'z'; ++letter) {
      int64_t count = 0;
      for (const Dims& labels : equation.operands) count += std::ranges::count(labels, letter);
      if (count == 1) equation.output.push_back(letter);
    }
  }
  require(text.empty(), ErrorCode::invalid_graph, "equation at '{}'", text);
  for (int64_t name : equation.output) {
    const int at = all.find(name);
    require(at < all.labels && equation.find(name) == equation.labels, ErrorCode::invalid_graph,
            "a label of the output is in no operand, or twice in the output");
    equation.add(name, all.size[at]);
  }
  for (int i = 0; i < all.labels; ++i)
    if (equation.find(all.label[i]) == equation.labels) equation.add(all.label[i], all.size[i]);
  return equation;
}

void infer(InferContext& ctx) {
  for (std::size_t i = 0; i < ctx.inputs.size(); ++i) {
    require(ctx.has(i), ErrorCode::invalid_graph, "input {} is missing", i);
    require_dtype(ctx, i, Types<float>{});
  }
  const Equation equation = parse(ctx.attrs().get_string("equation", ""), ctx.inputs);
  ctx.set(0, DType::f32, Shape(Dims(equation.size, equation.size + equation.output.size())));
}

using Copy = kernels::StridedBox<2>;

struct EinsumPlan {
  int operands, outputs, labels;  // labels of the output, and all
  int64_t size[kMaxLabels];
  int64_t steps[kMaxOperands][kMaxLabels];  // of each operand along each label, in elements
  // As a product: the operands become [batch, m, k] and [batch, k, n], and the result [batch, m, n] becomes the output.
  bool is_product;
  int64_t batch, m, n, k;
  Copy copies[3];
};

// The copy is none: both sides lie the same.
bool is_dense(const Copy& copy) {
  return copy.rank == 0 || (copy.rank == 1 && copy.steps[0][0] == copy.steps[0][1]);
}

// Sorts labels by whose they are, and finds how operands and result are moved. False: it is no product.
bool plan_product(const Equation& e, EinsumPlan& p) {
  if (p.operands != 2) return false;
  enum Kind : uint8_t { kBatch, kRow, kColumn, kDepth, kKinds };
  int64_t* const counts[kKinds] = {&p.batch, &p.m, &p.n, &p.k};
  int sorted[kMaxLabels], count = 0, end[kKinds];
  for (int kind = 0; kind < kKinds; ++kind) {
    *counts[kind] = 1;
    for (int label = 0; label < p.labels; ++label) {
      const auto has = [&](int operand) {
        return std::ranges::count(e.operands[operand], e.label[label]) > 0;
      };
      const bool in_a = has(0), in_b = has(1), in_y = label < p.outputs;
      if (!in_y && !(in_a && in_b)) return false;
      if ((in_a && in_b ? in_y ? kBatch : kDepth : in_a ? kRow : kColumn) != kind) continue;
      sorted[count++] = label;
      *counts[kind] *= p.size[label];
    }
    end[kind] = count;
  }
  int64_t y_steps[kMaxLabels], step = 1;
  for (int label = p.outputs - 1; label >= 0; --label) {
    y_steps[label] = step;
    step *= p.size[label];
  }
  const auto box = [&](int which, std::initializer_list<Kind> kinds, const int64_t* steps) {
    int64_t to[kMaxLabels], order[kMaxLabels], dense = sizeof(float);
    int n = 0;
    for (Kind kind : kinds)
      for (int i = kind > 0 ? end[kind - 1] : 0; i < end[kind]; ++i) order[n++] = sorted[i];
    for (int i = n - 1; i >= 0; --i) {
      to[i] = dense;
      dense *= p.size[order[i]];
    }
    for (int i = 0; i < n; ++i)
      p.copies[which].append(p.size[order[i]],
                             {steps[order[i]] * static_cast<int64_t>(sizeof(float)), to[i]});
  };
  box(0, {kBatch, kRow, kDepth}, p.steps[0]);
  box(1, {kBatch, kDepth, kColumn}, p.steps[1]);
  box(2, {kBatch, kRow, kColumn}, y_steps);
  for (int i = 0; i < p.copies[2].rank; ++i) std::swap(p.copies[2].steps[i][0], p.copies[2].steps[i][1]);
  return true;
}

int64_t elements_of(const EinsumPlan& p, int copy) {
  return p.batch * (copy == 0 ? p.m * p.k : copy == 1 ? p.k * p.n : p.m * p.n);
}

StepPlan plan(const PlanContext& ctx) {
  const Equation e = parse(ctx.attrs().get_string("equation", ""), ctx.inputs);
  EinsumPlan p{};
  p.operands = static_cast<int>(ctx.inputs.size());
  p.outputs = static_cast<int>(e.output.size());
  p.labels = e.labels;
  std::copy_n(e.size, e.labels, p.size);
  double points = 1;
  for (int label = 0; label < e.labels; ++label) points *= static_cast<double>(e.size[label]);
  require(points < 0x1p53, ErrorCode::unsupported, "the sum has too many terms");
  for (int i = 0; i < p.operands; ++i) {
    const Shape& shape = ctx.shape(i);
    const Dims strides = shape.strides();
    for (int axis = 0; axis < shape.rank(); ++axis)
      if (shape[axis] != 1) p.steps[i][e.find(e.operands[i][axis])] += strides[axis];
  }
  p.is_product = plan_product(e, p);
  uint64_t workspace = 0;
  if (p.is_product) {
    for (int i = 0; i < 3; ++i)
      if (!is_dense(p.copies[i])) workspace += scratch_bytes<float>(static_cast<uint64_t>(elements_of(p, i)));
    workspace += scratch_bytes<std::byte>(packed_matrix_bytes(ctx.kernels, p.k, p.n));
  }
  return {.state = PlanState(p), .workspace = workspace};
}

void run_product(RunContext& ctx, const EinsumPlan& p) {
  Scratch scratch(ctx.workspace);
  const auto place = [&](int i, const TensorView& tensor) {
    return is_dense(p.copies[i]) ? tensor.as<float>()
                                 : scratch.take<float>(static_cast<uint64_t>(elements_of(p, i)));
  };
  float *const a = place(0, ctx.inputs[0]), *const b = place(1, ctx.inputs[1]),
               *const y = place(2, ctx.outputs[0]);
  for (int i = 0; i < 2; ++i)
    if (!is_dense(p.copies[i])) copy_strided(p.copies[i], ctx.inputs[i].data, i == 0 ? a : b, sizeof(float));
  void* const packed = scratch.take<std::byte>(packed_matrix_bytes(ctx.kernels, p.k, p.n));
  const Clamp none;
  for (int64_t i = 0; i < p.batch; ++i)
    multiply(ctx.kernels, pack_matrix(ctx.kernels, b + i * p.k * p.n, p.k, p.n, false, packed),
             {a + i * p.m * p.k, static_cast<ptrdiff_t>(p.k), static_cast<int>(p.m)},
             {nullptr, none.low, none.high, y + i * p.m * p.n, static_cast<ptrdiff_t>(p.n)});
  if (!is_dense(p.copies[2])) copy_strided(p.copies[2], y, ctx.outputs[0].data, sizeof(float));
}

// Every product of every sum, one by one.
void run_sums(RunContext& ctx, const EinsumPlan& p) {
  int64_t index[kMaxLabels] = {}, at[kMaxOperands] = {}, sums = 1, terms = 1;
  for (int label = 0; label < p.labels; ++label) (label < p.outputs ? sums : terms) *= p.size[label];
  const auto advance = [&](int first, int end) {
    for (int label = end - 1; label >= first; --label) {
      ++index[label];
      for (int i = 0; i < p.operands; ++i) at[i] += p.steps[i][label];
      if (index[label] < p.size[label]) return;
      for (int i = 0; i < p.operands; ++i) at[i] -= p.steps[i][label] * index[label];
      index[label] = 0;
    }
  };
  float* const y = ctx.outputs[0].as<float>();
  for (int64_t o = 0; o < sums; ++o) {
    double sum = 0;
    for (int64_t term = 0; term < terms; ++term) {
      double product = 1;
      for (int i = 0; i < p.operands; ++i) product *= ctx.inputs[i].as<float>()[at[i]];
      sum += product;
      advance(p.outputs, p.labels);
    }
    y[o] = static_cast<float>(sum);
    advance(0, p.outputs);
  }
}

void run(RunContext& ctx) {
  const auto& p = ctx.planned<EinsumPlan>();
  if (ctx.outputs[0].shape.elements() == 0) return;
  p.is_product ? run_product(ctx, p) : run_sums(ctx, p);
}

OCTAVO_OPERATOR(einsum, {.name = "Einsum",
                         .since = 12,
                         .max_inputs = kMaxOperands,
                         .first_variadic = 0,
                         .attributes = kAttributes,
                         .infer = infer,
                         .plan = plan,
                         .run = run,
                         .computes_f32 = true});

}  // namespace

}  // namespace octavo
