#include "fuzz/promises.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace octavo::fuzz {

namespace {

// Multiply-accumulates and elements of a run, and what a step or a turn costs besides.
constexpr int64_t kMostWork = 4 << 20, kStepWork = 512;

std::vector<Operand> operands(const std::vector<Slot>& slots) {
  std::vector<Operand> operands;
  for (const Slot& slot : slots)
    operands.push_back(slot.kind == Slot::Kind::absent ? Operand{} : Operand{slot.tensor.type()});
  return operands;
}

// What is made while a step runs has no shape before, but those who read it do.
int64_t elements(const std::vector<Slot>& slots) {
  int64_t sum = 0;
  for (const Slot& slot : slots)
    if (slot.kind != Slot::Kind::made) sum += slot.tensor.shape.elements();
  return sum;
}

class Watch final : public RunWatch {
 public:
  void begin() { work_ = 0; }
  void before(const Step& step) override {
    const OpDef& op = *step.node->op;
    if (op.macs && !op.shape_depends_on_data)
      add(op.macs({*step.node, operands(step.inputs), operands(step.outputs)}));
    add(elements(step.inputs) + elements(step.outputs) + kStepWork);
  }
  void at_end() override { add(kStepWork); }

 private:
  void add(int64_t work) {
    if (work > kMostWork || (work_ += work) > kMostWork) throw TooLong();
  }
  int64_t work_ = 0;
};

Watch watch;

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

template <class T> bool is_same_floats(const Answer& a, const Answer& b) {
  for (std::size_t i = 0; i < a.bytes.size() / sizeof(T); ++i) {
    const bool is_nan = std::isnan(element<T>(a, i)) && std::isnan(element<T>(b, i));
    if (!is_nan && std::memcmp(&a.bytes[i * sizeof(T)], &b.bytes[i * sizeof(T)], sizeof(T)) != 0)
      return false;
  }
  return true;
}

// The same bits; one NaN is as good as another.
bool is_same(const Answer& a, const Answer& b) {
  if (a.dtype != b.dtype || a.shape != b.shape || a.bytes.size() != b.bytes.size()) return false;
  if (a.dtype == DType::f32) return is_same_floats<float>(a, b);
  return a.dtype == DType::f64 ? is_same_floats<double>(a, b) : a.bytes == b.bytes;
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

KernelPolicy watched_kernels() {
  KernelPolicy kernels;
  kernels.watch = &watch;
  return kernels;
}

void begin_watch() { watch.begin(); }

std::optional<Answers> answers_to(Model& model, const Feeds& feeds) {
  Answers answers, again;
  if (!in_time([&] { answers = run(model, feeds); })) return std::nullopt;
  promise(in_time([&] { again = run(model, feeds); }), "a second run takes as many steps");
  promise_same(again, answers, "a second run gives the same answers");
  return answers;
}

void check_written(Model& model, const std::optional<Feeds>& feeds, const std::optional<Answers>& answers) {
  const std::string file = model.to_onnx();
  promise(model.to_onnx() == file, "a model is written as the same bytes each time");
  const auto again = must("what was written is read",
                          [&] { return Model::load(std::as_bytes(std::span(file)), watched_kernels()); });
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
    must("the layers compare",
         [&] { return in_time([&] { model.compare_layers(quantized)->compare(feeds.list()); }); });
}

}  // namespace octavo::fuzz
