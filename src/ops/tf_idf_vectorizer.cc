// TfIdfVectorizer of integers: how often each n-gram of a pool is in a row, weighted. ONNX TfIdfVectorizer-9.
#include <algorithm>

#include "base/error.h"
#include "ops/operands.h"

namespace octavo {

namespace {

constexpr AttrDef kAttributes[] = {{"max_gram_length", AttrKind::integer},
                                   {"max_skip_count", AttrKind::integer},
                                   {"min_gram_length", AttrKind::integer},
                                   {"mode", AttrKind::string},
                                   {"ngram_counts", AttrKind::integers},
                                   {"ngram_indexes", AttrKind::integers},
                                   {"pool_int64s", AttrKind::integers},
                                   {"pool_strings", AttrKind::strings},
                                   {"weights", AttrKind::reals}};

void infer(InferContext& ctx) {
  const Attrs& attrs = ctx.attrs();
  require(!attrs.has("pool_strings"), ErrorCode::unsupported, "strings are not supported");
  require_dtype(ctx, 0, Types<int32_t, int64_t>{});
  const Shape& x = ctx.shape(0);
  require(x.rank() == 1 || x.rank() == 2, ErrorCode::invalid_graph, "input {} is not a row or rows", x);
  const auto indexes = attrs.get_ints("ngram_indexes"), counts = attrs.get_ints("ngram_counts");
  const auto pool = static_cast<int64_t>(attrs.get_ints("pool_int64s").size());
  const std::string_view mode = attrs.get_string("mode", "");
  require(mode == "TF" || mode == "IDF" || mode == "TFIDF", ErrorCode::invalid_graph, "mode '{}'", mode);
  // Of each length n there are whole n-grams, and each has an index.
  std::size_t ngrams = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const int64_t end = i + 1 < counts.size() ? counts[i + 1] : pool, length = end - counts[i];
    require(counts[i] >= 0 && counts[i] <= end && end <= pool && length % static_cast<int64_t>(i + 1) == 0,
            ErrorCode::invalid_graph, "ngram_counts do not divide the pool");
    ngrams += static_cast<std::size_t>(length) / (i + 1);
  }
  const std::size_t weights = attrs.get_floats("weights").size();
  require(ngrams == indexes.size() && (weights == 0 || weights == ngrams), ErrorCode::invalid_graph,
          "has {} n-grams, {} indexes and {} weights", ngrams, indexes.size(), weights);
  const int64_t longest = attrs.get_int("max_gram_length", 0), shortest = attrs.get_int("min_gram_length", 0);
  require(shortest >= 1 && longest >= shortest && longest <= static_cast<int64_t>(counts.size()),
          ErrorCode::invalid_graph, "n-grams of {} to {} are not in the pool", shortest, longest);
  require(attrs.get_int("max_skip_count", 0) >= 0, ErrorCode::invalid_graph, "max_skip_count is negative");
  int64_t width = 0;
  for (int64_t index : indexes) {
    require(index >= 0 && index < kMaxTensorBytes, ErrorCode::invalid_graph, "n-gram index {}", index);
    width = std::max(width, index + 1);
  }
  ctx.set(0, DType::f32, x.rank() == 1 ? Shape{width} : Shape{x[0], width});
}

// Views of the attributes, which live as long as the node.
struct Pool {
  std::span<const int64_t> items, counts, indexes;
  std::span<const float> weights;  // empty for 1
  int64_t shortest, longest, skips;
  bool is_capped;  // IDF: several are as one
};

StepPlan plan(const PlanContext& ctx) {
  const Attrs& attrs = ctx.attrs();
  const std::string_view mode = attrs.get_string("mode", "");
  return {.state = PlanState(Pool{attrs.get_ints("pool_int64s"), attrs.get_ints("ngram_counts"),
                                  attrs.get_ints("ngram_indexes"),
                                  mode == "TF" ? std::span<const float>() : attrs.get_floats("weights"),
                                  attrs.get_int("min_gram_length", 1), attrs.get_int("max_gram_length", 1),
                                  attrs.get_int("max_skip_count", 0), mode == "IDF"})};
}

void run(RunContext& ctx) {
  const auto& pool = ctx.planned<Pool>();
  const TensorView &x = ctx.inputs[0], &y = ctx.outputs[0];
  const int64_t rows = x.shape.rank() == 1 ? 1 : x.shape[0], length = x.shape[x.shape.rank() - 1];
  const int64_t width = y.shape[y.shape.rank() - 1];
  std::fill_n(y.as<float>(), rows * width, 0.0f);
  for (int64_t row = 0; row < rows; ++row) {
    std::size_t ngram = 0;
    for (int64_t n = 1; n <= pool.longest; ++n) {
      const std::size_t end =
          static_cast<std::size_t>(n) < pool.counts.size() ? pool.counts[n] : pool.items.size();
      for (std::size_t item = pool.counts[n - 1]; item < end; item += n, ++ngram) {
        int64_t found = 0;
        // Neighbours in an n-gram are up to skips + 1 apart, as far as they fit into the row.
        const int64_t furthest = n > 1 ? std::min(pool.skips, (length - 1) / (n - 1) - 1) + 1 : 1;
        for (int64_t step = 1; n >= pool.shortest && step <= furthest; ++step)
          for (int64_t start = 0; start + (n - 1) * step < length; ++start) {
            int64_t k = 0;
            while (k < n && int_at(x, row * length + start + k * step) == pool.items[item + k]) ++k;
            found += k == n;
          }
        if (pool.is_capped) found = std::min<int64_t>(found, 1);
        y.as<float>()[row * width + pool.indexes[ngram]] +=
            static_cast<float>(found) * (pool.weights.empty() ? 1 : pool.weights[ngram]);
      }
    }
  }
}

OCTAVO_OPERATOR(tf_idf_vectorizer, {.name = "TfIdfVectorizer",
                                    .since = 9,
                                    .attributes = kAttributes,
                                    .infer = infer,
                                    .plan = plan,
                                    .run = run,
                                    .same_dtype = false});

}  // namespace

}  // namespace octavo
