#include <catch2/catch_test_macros.hpp>

#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

namespace {

// The pool of ONNX's tests: 2, 3, 5, 4 and (5, 6), (7, 8), (6, 7).
OpRunner vectorizer(std::string_view mode, int shortest, int longest, int skips) {
  OpRunner op("TfIdfVectorizer");
  op.attr("mode", std::string(mode)).attr("min_gram_length", shortest).attr("max_gram_length", longest);
  op.attr("max_skip_count", skips)
      .attr("ngram_counts", Ints{0, 4})
      .attr("ngram_indexes", Ints{0, 1, 2, 3, 4, 5, 6});
  op.attr("pool_int64s", Ints{2, 3, 5, 4, 5, 6, 7, 8, 6, 7});
  return op;
}

Tensor words() { return Tensor::of<int32_t>({12}, {1, 1, 3, 3, 3, 7, 8, 6, 7, 5, 6, 8}); }

TEST_CASE("TfIdfVectorizer skips as far as a row goes", "[ops]") {
  const Tensor y = OpRunner("TfIdfVectorizer")
                       .attr("mode", std::string("TF"))
                       .attr("min_gram_length", int64_t{2})
                       .attr("max_gram_length", int64_t{2})
                       .attr("max_skip_count", std::numeric_limits<int64_t>::max())
                       .attr("ngram_counts", Ints{0, 0})
                       .attr("ngram_indexes", Ints{0})
                       .attr("pool_int64s", Ints{1, 2})
                       .input(Tensor::of<int64_t>({4}, {1, 0, 0, 2}))
                       .run1();
  CHECK(values<float>(y) == std::vector<float>{1});
}

}  // namespace

// The expected numbers are those of ONNX's tests.
TEST_CASE("TfIdfVectorizer counts n-grams with and without skips") {
  const auto counts = [](int shortest, int skips) {
    return values<float>(vectorizer("TF", shortest, 2, skips).input(words()).run1());
  };
  CHECK(counts(2, 0) == std::vector<float>{0, 0, 0, 0, 1, 1, 1});
  CHECK(counts(2, 5) == std::vector<float>{0, 0, 0, 0, 1, 3, 1});
  CHECK(counts(1, 5) == std::vector<float>{0, 3, 1, 0, 1, 3, 1});
  const Tensor rows = vectorizer("TF", 2, 2, 0)
                          .input(Tensor::of<int64_t>({2, 6}, {1, 1, 3, 3, 3, 7, 8, 6, 7, 5, 6, 8}))
                          .run1();
  CHECK(rows.shape() == Shape{2, 7});
  CHECK(values<float>(rows) == std::vector<float>{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1});
}

TEST_CASE("TfIdfVectorizer weights counts, or that there are any") {
  const std::vector<float> weights{1, 2, 3, 4, 5, 6, 7};
  CHECK(values<float>(vectorizer("IDF", 1, 2, 5).attr("weights", weights).input(words()).run1()) ==
        std::vector<float>{0, 2, 3, 0, 5, 6, 7});
  CHECK(values<float>(vectorizer("TFIDF", 1, 2, 5).attr("weights", weights).input(words()).run1()) ==
        std::vector<float>{0, 6, 3, 0, 5, 18, 7});
  CHECK(values<float>(vectorizer("TF", 1, 2, 0).input(Tensor(DType::s32, {0})).run1()) ==
        std::vector<float>(7));
}

TEST_CASE("TfIdfVectorizer refuses strings and pools that do not fit") {
  const auto error = [](OpRunner op) { return error_of([&] { op.input(words()).run(); }); };
  CHECK(error(vectorizer("TF", 1, 2, 0).attr("pool_strings", std::vector<std::string>{"a"})) ==
        "Unsupported: strings are not supported");
  CHECK(error(vectorizer("TF", 1, 3, 0)) == "InvalidGraph: n-grams of 1 to 3 are not in the pool");
  CHECK(error(vectorizer("TF", 1, 2, 0).attr("ngram_counts", Ints{0, 5})) ==
        "InvalidGraph: ngram_counts do not divide the pool");
  CHECK(error(vectorizer("TF", 1, 2, 0).attr("ngram_indexes", Ints{0})) ==
        "InvalidGraph: has 7 n-grams, 1 indexes and 0 weights");
  CHECK(error(vectorizer("", 1, 2, 0)) == "InvalidGraph: mode ''");
}
