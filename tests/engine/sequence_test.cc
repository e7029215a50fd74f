// Decoders with caches in place: the tokens and logits of PyTorch's (tools/fixtures/pytorch_decoder.py), and those that
// the same network gives with a past that is fed.
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <deque>

#include "support/json_fixture.h"
#include "support/models.h"

using namespace octavo;
using namespace octavo::test;

namespace {

constexpr int64_t kPositions = 40;

struct Decoder {
  std::unique_ptr<Model> model;

  explicit Decoder(const std::string& name) {
    const std::vector<char> file = read_bytes(text("{}/pytorch/decoder/{}.onnx", OCTAVO_FIXTURES_DIR, name));
    model = Model::load(std::as_bytes(std::span(file)), {});
  }
};

Tensor tokens(std::span<const int64_t> ids) {
  return Tensor::of<int64_t>({1, static_cast<int64_t>(ids.size())}, ids);
}

// The logits of the last token.
std::span<const float> last_row(const TensorView& logits) {
  const int64_t words = logits.shape[2];
  return logits.span<float>().last(static_cast<std::size_t>(words));
}

int64_t likeliest(std::span<const float> logits) { return std::ranges::max_element(logits) - logits.begin(); }

// Runs with a past that is fed.
class Fed {
 public:
  explicit Fed(Model& model) : model_(model) {
    for (ValueId id : model.graph().inputs) {
      const Value& input = model.graph()[id];
      if (!input.name.starts_with("past")) continue;
      Shape shape = *input.shape;
      shape[0] = 1;
      shape[2] = 0;
      past_.emplace_back(*input.dtype, shape);
    }
  }

  std::vector<float> run(std::span<const int64_t> ids) {
    const Tensor fed = tokens(ids);
    length_ += static_cast<int64_t>(ids.size());
    Tensor mask(DType::s64, {1, length_});
    std::ranges::fill(mask.span<int64_t>(), 1);
    std::vector<Feed> feeds = {{"input_ids", &fed}};
    std::size_t next = 0;
    for (ValueId id : model_.graph().inputs) {
      const std::string& name = model_.graph()[id].name;
      if (name == "attention_mask") feeds.push_back({name, &mask});
      if (name.starts_with("past")) feeds.push_back({name, &past_[next++]});
    }
    const std::vector<TensorView>& outputs = model_.run(feeds);
    past_.clear();
    for (const TensorView& present : std::span(outputs).subspan(1)) past_.push_back(Tensor::copy_of(present));
    return {outputs[0].span<float>().begin(), outputs[0].span<float>().end()};
  }

 private:
  Model& model_;
  std::deque<Tensor> past_;
  int64_t length_ = 0;
};

constexpr float kRounding = 1e-6f;

TensorView run(Sequence& sequence, std::span<const int64_t> ids) {
  const Tensor fed = tokens(ids);
  const Feed feed{"input_ids", &fed};
  return sequence.run({&feed, 1})[0];
}

float furthest(std::span<const float> a, std::span<const float> b) {
  REQUIRE(a.size() == b.size());
  float furthest = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!(std::abs(a[i] - b[i]) <= furthest)) furthest = std::abs(a[i] - b[i]);
  return furthest;
}

}  // namespace

TEST_CASE("A sequence says what PyTorch says") {
  for (const std::string name : {"plain", "masked"}) {
    CAPTURE(name);
    Decoder decoder(name);
    const Json expected = read_json_fixture(text("pytorch/decoder/{}.json", name));
    const auto sequence = decoder.model->begin_sequence(kPositions);
    std::vector<int64_t> ids = expected["prompt"];
    int64_t length = 0;
    for (std::size_t step = 0; step < expected["tokens"].size(); ++step) {
      length += static_cast<int64_t>(ids.size());
      const std::span<const float> logits = last_row(run(*sequence, ids));
      CHECK(furthest(logits, to_floats(expected["logits"][step])) < 1e-4f);
      ids = {likeliest(logits)};
      CHECK(ids[0] == expected["tokens"][step]);
      CHECK(sequence->length() == length);
    }
  }
}

TEST_CASE("A sequence gives what feeding the past gives, to the very capacity, float and int8") {
  for (const std::string name : {"plain", "masked"}) {
    Decoder decoder(name);
    const auto quantized = decoder.model->quantize_dynamic({});
    for (Model* model : {decoder.model.get(), quantized.get()}) {
      Fed fed(*model);
      const auto sequence = model->begin_sequence(kPositions);
      const auto follow = [&](std::vector<int64_t> ids) {
        CAPTURE(name, sequence->length(), ids.size());
        const TensorView logits = run(*sequence, ids);
        CHECK(furthest(logits.span<float>(), fed.run(ids)) < kRounding);
      };
      follow({1, 2, 3, 4, 5});
      for (int64_t i = 0; i < 20; ++i) follow({i});
      follow({7, 8, 9, 10, 11, 12, 13, 14});
      for (int64_t i = 0; i < 7; ++i) follow({i});
      CHECK(sequence->length() == kPositions);
      CHECK_THROWS_AS(run(*sequence, std::vector<int64_t>{1}), Error);
      CHECK(sequence->length() == kPositions);
    }
  }
}

TEST_CASE("What does not fit leaves a sequence as it was; it begins anew when it is reset") {
  Decoder decoder("plain");
  const auto sequence = decoder.model->begin_sequence(8);
  const std::vector<int64_t> begin = {1, 2, 3, 4, 5, 6}, more = {7, 8, 9}, last = {7, 8};
  const TensorView first = run(*sequence, begin);
  const std::vector<float> logits(first.span<float>().begin(), first.span<float>().end());
  try {
    run(*sequence, more);
    FAIL("it fits");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::invalid_input);
    CHECK(std::string(error.what()).find("write index 6 of batch 0: a cache of 8 has no room for 3 more") !=
          std::string::npos);
  }
  CHECK(sequence->length() == 6);
  Fed fed(*decoder.model);
  fed.run(begin);
  CHECK(furthest(run(*sequence, last).span<float>(), fed.run(last)) < kRounding);
  sequence->reset();
  CHECK(sequence->length() == 0);
  CHECK(furthest(run(*sequence, begin).span<float>(), logits) == 0);
}

TEST_CASE("Sequences of a model do not see one another, and outlive it") {
  Decoder decoder("plain");
  const auto a = decoder.model->begin_sequence(16), b = decoder.model->begin_sequence(16),
             larger = decoder.model->begin_sequence(24);
  CHECK(&a->graph() == &b->graph());
  CHECK(&a->graph() != &larger->graph());
  Fed fed_a(*decoder.model), fed_b(*decoder.model);
  const std::vector<std::vector<int64_t>> said = {{1, 2, 3}, {4}, {5}, {6, 7}, {8}};
  std::vector<std::vector<float>> expected_a, expected_b;
  for (const auto& ids : said) {
    expected_a.push_back(fed_a.run(ids));
    expected_b.push_back(fed_b.run(std::vector<int64_t>(ids.size() + 1, 9)));
  }
  decoder.model.reset();
  for (std::size_t i = 0; i < said.size(); ++i) {
    CHECK(furthest(run(*a, said[i]).span<float>(), expected_a[i]) < kRounding);
    CHECK(furthest(run(*b, std::vector<int64_t>(said[i].size() + 1, 9)).span<float>(), expected_b[i]) <
          1e-6f);
    CHECK(furthest(run(*larger, said[i]).span<float>(), expected_a[i]) < kRounding);
  }
}

TEST_CASE("A batch of sequences has one length") {
  Decoder decoder("plain");
  const auto both = decoder.model->begin_sequence(16, 2), first = decoder.model->begin_sequence(16),
             second = decoder.model->begin_sequence(16);
  for (int64_t i = 0; i < 5; ++i) {
    const Tensor fed = Tensor::of<int64_t>({2, 2}, {i, i + 1, 20 - i, 19 - i});
    const Feed feed{"input_ids", &fed};
    const std::span<const float> logits = both->run({&feed, 1})[0].span<float>();
    const std::size_t half = logits.size() / 2;
    CHECK(furthest(logits.first(half), run(*first, std::vector<int64_t>{i, i + 1}).span<float>()) <
          kRounding);
    CHECK(furthest(logits.last(half), run(*second, std::vector<int64_t>{20 - i, 19 - i}).span<float>()) <
          1e-6f);
  }
}

TEST_CASE("What cannot be kept says why") {
  Decoder decoder("plain");
  CHECK_THROWS_AS(decoder.model->begin_sequence(0), Error);
  CHECK_THROWS_AS(decoder.model->begin_sequence(2), Error);
  CHECK_THROWS_AS(decoder.model->begin_sequence(41), Error);  // there are 40 positions
  CHECK_THROWS_AS(load_model("mnist.onnx")->begin_sequence(8), Error);
}
