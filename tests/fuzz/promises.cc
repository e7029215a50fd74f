#include "fuzz/promises.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace octavo::fuzz {

namespace {

// Multiply-accumulates and elements of a run. A mutant that takes more is not run: it would only be slow.
constexpr int64_t kMostWork = 4 << 20;

std::vector<Operand> operands(const std::vector<Slot>& slots) {
  std::vector<Operand> operands;
  for (const Slot& slot : slots)
    operands.push_back(slot.kind == Slot::Kind::absent ? Operand{} : Operand{slot.tensor.type()});
  return operands;
}

bool is_quick(const Program& program) {
  int64_t work = 0;
  for (const Step& step : program.steps) {
    const std::vector<Operand> inputs = operands(step.inputs), outputs = operands(step.outputs);
    if (step.node->op->macs) work += step.node->op->macs({*step.node, inputs, outputs});
    for (const Slot& output : step.outputs) work += output.tensor.shape.elements();
    if (work > kMostWork) return false;
  }
  return work <= kMostWork;
}

Answers run(Model& model, const Feeds& feeds) {
  Answers answers;
  for (const TensorView& output : model.run(feeds.list()))
    answers.push_back({output.dtype, output.shape, {output.data, output.data + output.bytes()}});
  return answers;
}

template <class T> T element(const Answer& answer, std::size_t i) {
  T x;
  std::memcpy(&x, answer.bytes.data() + i * sizeof(T), sizeof(T));
  return x;
}

// The same bits; one NaN is as good as another.
bool is_same(const Answer& a, const Answer& b) {
  if (a.dtype != b.dtype || a.shape != b.shape || a.bytes.size() != b.bytes.size()) return false;
  if (a.dtype != DType::f32) return a.bytes == b.bytes;
  for (std::size_t i = 0; i < a.bytes.size() / sizeof(float); ++i) {
    const bool is_nan = std::isnan(element<float>(a, i)) && std::isnan(element<float>(b, i));
    if (!is_nan && element<uint32_t>(a, i) != element<uint32_t>(b, i)) return false;
  }
  return true;
}

void promise_same(const Answers& a, const Answers& b, const char* what) {
  promise(std::ranges::equal(a, b, is_same), what);
}

}  // namespace

void promise(bool kept, const char* what, const std::string& why) {
  if (kept) return;
  std::fprintf(stderr, "broken promise: %s%s%s\n", what, why.empty() ? "" : ": ", why.c_str());
  std::abort();
}

std::optional<Answers> answers_to(Model& model, const Feeds& feeds) {
  // Nobody knows ahead how long a network takes whose shapes depend on data.
  const auto session = model.bind(feeds.list());
  if (session == nullptr || !is_quick(session->program())) return std::nullopt;
  const Answers answers = run(model, feeds);
  promise_same(run(model, feeds), answers, "a second run gives the same answers");
  return answers;
}

void check_written(Model& model, const std::optional<Feeds>& feeds, const std::optional<Answers>& answers) {
  const std::string file = model.to_onnx();
  promise(model.to_onnx() == file, "a model is written as the same bytes each time");
  const auto again =
      must("what was written is read", [&] { return Model::load(std::as_bytes(std::span(file)), {}); });
  promise(again->to_onnx() == file, "what was read is written as the same bytes");
  if (!answers) return;
  const auto second = must("what was written runs", [&] { return answers_to(*again, *feeds); });
  if (second) promise_same(*second, *answers, "what was written gives the same answers");
}

void check_quantized(const Model& model, Model& quantized, const Feeds& feeds) {
  quantized.describe();
  const auto answers = must("a quantized model runs", [&] { return answers_to(quantized, feeds); });
  check_written(quantized, feeds, answers);
  if (answers)
    must("the layers compare", [&] { return model.compare_layers(quantized)->compare(feeds.list()); });
}

}  // namespace octavo::fuzz
