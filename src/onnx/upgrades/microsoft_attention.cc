// Attention as ONNX Runtime's optimizer and its generators of language models write it, told in terms of ONNX's
// Attention and RotaryEmbedding.
//
// Masks that are integers become what is added to scores: mask_filter_value, and not -infinity, where they are 0, so
// that a row without any key has a softmax.
#include <algorithm>
#include <limits>

#include "base/error.h"
#include "onnx/decomposition.h"

namespace octavo::onnx {

namespace {

// Numbers from `start` to before `end`, scalars.
ValueId range(Decomposition& d, ValueId start, ValueId end) {
  return d.add("Range", {start, end, d.index(1)});
}

// A mask of integers, 1 where a key counts: [batch, keys], [batch, queries, keys], or [batch], which counts the keys.
// `keys`: their number, a scalar. What comes out broadcasts to [batch, heads, queries, keys].
ValueId padding_mask(Decomposition& d, ValueId mask, ValueId keys, float filter) {
  if (mask == kNoValue) return kNoValue;
  const int rank = d.rank(mask);
  require(rank >= 1 && rank <= 3, ErrorCode::unsupported, "a mask of {} is not supported",
          rank < 0 ? std::string("unknown rank") : text("{} axes", rank));
  if (rank == 1)
    mask = d.add("Less", {range(d, d.index(0), keys), d.unsqueeze(d.cast(mask, DType::s64), {1})});
  const ValueId misses = d.add("Sub", {d.cast(mask, DType::f32), d.number(1)});
  const ValueId added = d.add("Mul", {misses, d.number(-filter)});
  return rank == 3 ? d.unsqueeze(added, {1}) : d.unsqueeze(added, {1, 2});
}

ValueId both(Decomposition& d, ValueId a, ValueId b) { return a == kNoValue ? b : d.add_optional(a, b); }

// [batch, heads, length, size] as [batch, length, heads · size].
ValueId joined_heads(Decomposition& d, ValueId x) {
  return d.reshape(d.transpose(x, {0, 2, 1, 3}), {0, 0, -1});
}

// Parts of [batch, length, heads, parts, size], each [batch, length, heads · size].
Decomposition::Outputs unpacked(Decomposition& d, ValueId x, std::size_t parts) {
  const auto count = static_cast<int64_t>(parts);
  auto all = d.add_many("Split", {x}, parts, {{"axis", int64_t{3}}, {"num_outputs", count}});
  for (std::size_t i = 0; i < parts; ++i) all[i] = d.reshape(all[i], {0, 0, -1});
  return all;
}

int64_t take_heads(Decomposition& d, Name name) {
  const int64_t heads = d.take_int(name, 0);
  require(heads > 0, ErrorCode::invalid_graph, "{} is {}", name, heads);
  return heads;
}

void become_attention(Decomposition& d, ValueList inputs, int64_t q_heads, int64_t kv_heads, bool is_causal) {
  d.become("Attention", inputs,
           {{"q_num_heads", q_heads}, {"kv_num_heads", kv_heads}, {"is_causal", int64_t{is_causal}}});
}

// Three vectors of a bias that lie behind one another, of which the first two are as long. `value`: what the third is
// added to.
Decomposition::Outputs split_bias(Decomposition& d, ValueId bias, ValueId value) {
  const auto& length = d.shape(bias);
  const auto& shape = value == kNoValue ? length : d.shape(value);
  const bool is_known = value != kNoValue && length && length->rank() == 1 && (*length)[0] != kDynamic &&
                        shape && shape->rank() == 3 && (*shape)[2] != kDynamic;
  if (!is_known) return d.add_many("Split", {bias}, 3, {{"axis", int64_t{0}}, {"num_outputs", int64_t{3}}});
  const int64_t last = (*shape)[2], first = ((*length)[0] - last) / 2;
  return d.add_many("Split", {bias, d.ints({first, first, last})}, 3, {{"axis", int64_t{0}}});
}

// Inputs: x, weights and bias of query, key and value side by side, mask, past, bias of the scores.
void attention(Draft& draft, DraftNode& node) {
  Decomposition d(draft, node);
  d.need(2);
  d.refuse({6});
  for (Name name : {"do_rotary", "past_present_share_buffer", "rotary_embedding_dim"}) d.take_only(name, 0);
  const int64_t heads = take_heads(d, "num_heads");
  const bool is_causal = d.take_int("unidirectional", 0) != 0;
  const float filter = d.take_float("mask_filter_value", -10000);
  const auto given = node.node.attrs.get_ints("qkv_hidden_sizes");
  const std::vector<int64_t> sizes(given.begin(), given.end());
  node.node.attrs.erase("qkv_hidden_sizes");
  require(sizes.empty() || sizes.size() == 3, ErrorCode::invalid_graph, "has {} hidden sizes", sizes.size());

  const ValueId x = d.in(0), past = d.in(4), product = d.add_optional(d.add("MatMul", {x, d.in(1)}), d.in(2));
  const auto parts =
      sizes.empty() ? d.add_many("Split", {product}, 3, {{"axis", int64_t{-1}}, {"num_outputs", int64_t{3}}})
                    : d.add_many("Split", {product, d.ints(sizes)}, 3, {{"axis", int64_t{-1}}});

  ValueId keys = kNoValue, past_key = kNoValue, past_value = kNoValue;
  if (d.has(3)) keys = d.size(x, 1);
  if (past != kNoValue) {
    past_key = d.add("Gather", {past, d.index(0)});
    past_value = d.add("Gather", {past, d.index(1)});
    if (d.has(3)) keys = d.add("Add", {keys, d.size(past, 3)});
  }
  const ValueId mask = both(d, padding_mask(d, d.in(3), keys, filter), d.in(5));
  if (d.has_output(1)) {
    const ValueId present = d.output(1);
    d.add_outputs(2);
    d.add_to(present, "Concat", {d.unsqueeze(d.output(1), {0}), d.unsqueeze(d.output(2), {0})},
             {{"axis", int64_t{0}}});
  }
  become_attention(d, {parts[0], parts[1], parts[2], mask, past_key, past_value}, heads, heads, is_causal);
}

// Inputs: query, key, value, bias of all three, padding of keys, bias of the scores, past of key and value. Query may
// hold all three, or key the value, packed.
void multi_head_attention(Draft& draft, DraftNode& node) {
  Decomposition d(draft, node);
  d.need(1);
  d.refuse({8, 9});
  require(!d.has_output(3), ErrorCode::unsupported, "output 3 is not supported");
  const int64_t heads = take_heads(d, "num_heads");
  const bool is_causal = d.take_int("unidirectional", 0) != 0;
  const float filter = d.take_float("mask_filter_value", -10000);
  ValueId q = d.in(0), k = d.in(1), v = d.in(2);
  if (k == kNoValue) {
    const auto parts = unpacked(d, q, 3);
    q = parts[0], k = parts[1], v = parts[2];
  } else if (v == kNoValue) {
    const auto parts = unpacked(d, k, 2);
    k = parts[0], v = parts[1];
  } else {
    for (ValueId* each : {&k, &v})
      if (d.rank(*each) == 4) *each = joined_heads(d, *each);
  }
  if (d.has(3)) {
    const auto biases = split_bias(d, d.in(3), v);
    q = d.add("Add", {q, biases[0]});
    k = d.add("Add", {k, biases[1]});
    v = d.add("Add", {v, biases[2]});
  }
  ValueId keys = kNoValue;
  if (d.has(4)) {
    keys = d.size(k, 1);
    if (d.has(6)) keys = d.add("Add", {keys, d.size(d.in(6), 2)});
  }
  const ValueId mask = both(d, padding_mask(d, d.in(4), keys, filter), d.in(5));
  become_attention(d, {q, k, v, mask, d.in(6), d.in(7)}, heads, heads, is_causal);
}

// Turns the heads of x [batch, length, heads · size]. A cache may be of fewer elements than a head.
ValueId rotated(Decomposition& d, ValueId x, ValueId positions, int64_t heads, bool is_interleaved) {
  Attrs attrs = attributes({{"num_heads", heads}, {"interleaved", int64_t{is_interleaved}}});
  const auto& cache = d.shape(d.in(7));
  if (cache && cache->rank() == 2 && (*cache)[1] > 0) attrs.set("rotary_embedding_dim", 2 * (*cache)[1]);
  return d.add("RotaryEmbedding", {x, d.in(7), d.in(8), positions}, std::move(attrs));
}

// Inputs: query, key, value, past of key and value, lengths (2), caches of cosines and sines, positions, bias of the
// scores. Query may hold all three, side by side. A past is as long as all sequences are: lengths tell nothing more.
void group_query_attention(Draft& draft, DraftNode& node) {
  Decomposition d(draft, node);
  d.need(1);
  d.refuse({11, 12, 13});
  require(!d.has_output(3), ErrorCode::unsupported, "output 3 is not supported");
  const int64_t heads = take_heads(d, "num_heads"), kv_heads = take_heads(d, "kv_num_heads");
  require(heads <= std::numeric_limits<int32_t>::max() && kv_heads <= heads, ErrorCode::invalid_graph,
          "kv_num_heads is {}", kv_heads);
  const bool is_interleaved = d.take_int("rotary_interleaved", 0) != 0,
             rotates = d.take_int("do_rotary", 0) != 0;
  const int64_t window = std::min<int64_t>(d.take_int("local_window_size", -1), kMaxTensorBytes);
  const int64_t smooth = d.take_int("smooth_softmax", 0);
  require(smooth <= 0, ErrorCode::unsupported, "smooth_softmax is not supported");
  d.take_only("qk_output", 0);

  const ValueId x = d.in(0);
  ValueId q = x, k = d.in(1), v = d.in(2);
  if (k == kNoValue) {
    const auto parts = d.add_many(
        "Split", {d.reshape(x, {0, 0, heads + 2 * kv_heads, -1}), d.ints({heads, kv_heads, kv_heads})}, 3,
        {{"axis", int64_t{2}}});
    q = d.reshape(parts[0], {0, 0, -1});
    k = d.reshape(parts[1], {0, 0, -1});
    v = d.reshape(parts[2], {0, 0, -1});
  }
  const ValueId past = d.has(3) ? d.size(d.in(3), 2) : d.index(0);
  const ValueId end = d.add("Add", {past, d.size(x, 1)});
  if (rotates) {
    require(d.has(7) && d.has(8), ErrorCode::invalid_graph, "has no caches to rotate with");
    const ValueId batch_and_length =
        d.add("Concat", {d.dimension(x, 0), d.dimension(x, 1)}, {{"axis", int64_t{0}}});
    const ValueId positions = d.has(9) ? d.in(9) : d.add("Expand", {range(d, past, end), batch_and_length});
    q = rotated(d, q, positions, heads, is_interleaved);
    k = rotated(d, k, positions, kv_heads, is_interleaved);
  }
  ValueId mask = d.in(10);
  if (window > 0) {
    // A row sees itself and as many keys before it.
    const ValueId first = d.add("Sub", {d.unsqueeze(range(d, past, end), {1}), d.index(window + 1)});
    const ValueId is_inside = d.add("Greater", {range(d, d.index(0), end), first});
    mask = both(
        d, d.add("Where", {is_inside, d.number(0), d.number(-std::numeric_limits<float>::infinity())}), mask);
  }
  become_attention(d, {q, k, v, mask, d.in(3), d.in(4)}, heads, kv_heads, true);
}

// Inputs: x, positions, caches of cosines and sines. One position is that of all sequences' first element.
void rotary_embedding(Draft& draft, DraftNode& node) {
  Decomposition d(draft, node);
  d.need(4);
  d.take_only("is_packed_batching", 0);
  const float scale = d.take_float("scale", 1);
  require(scale == 1, ErrorCode::unsupported, "the attribute 'scale' is not supported");
  const ValueId x = d.in(0);
  const int rank = d.rank(x);
  ValueId positions = d.in(1);
  if (d.rank(positions) == 1) {
    const int64_t length_axis = rank == 4 ? 2 : 1;
    const ValueId batch_and_length =
        d.add("Concat", {d.dimension(x, 0), d.dimension(x, length_axis)}, {{"axis", int64_t{0}}});
    const ValueId counted = range(d, d.index(0), d.size(x, length_axis));
    positions = d.add("Expand", {d.add("Add", {counted, positions}), batch_and_length});
  }
  Attrs attrs;
  if (node.node.attrs.get_int("num_heads", 0) == 0 && rank != 4) {
    const auto &shape = d.shape(x), &cache = d.shape(d.in(2));
    require(shape && cache && shape->rank() == 3 && cache->rank() == 2 && (*shape)[2] > 0 && (*cache)[1] > 0,
            ErrorCode::unsupported, "num_heads is 0, and the shapes do not tell it");
    attrs.set("num_heads", (*shape)[2] / (2 * (*cache)[1]));
  }
  d.become("RotaryEmbedding", {x, d.in(2), d.in(3), positions}, attrs);
}

constexpr Upgrade kRows[] = {
    {"com.microsoft.Attention", attention, 1},
    {"com.microsoft.GroupQueryAttention", group_query_attention, 1},
    {"com.microsoft.MultiHeadAttention", multi_head_attention, 1},
    {"com.microsoft.RotaryEmbedding", rotary_embedding, 1},
};

const RegisterUpgrades registered(kRows);

}  // namespace

}  // namespace octavo::onnx
