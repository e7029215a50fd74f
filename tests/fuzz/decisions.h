// What the fuzzer decides about a model besides its bytes: feeds and options.
#pragma once

#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "engine/engine.h"
#include "support/random_data.h"

namespace octavo::fuzz {

using test::Random;

// A number of ModelProto that ONNX does not have, so that every reader skips it. It seeds all decisions.
inline constexpr uint32_t kDecisions = 1000;

// 0 where the file does not say, or is no protobuf.
uint64_t decisions_of(std::span<const std::byte> file);

// Owns one tensor for each input of a model.
class Feeds {
 public:
  void add(std::string name, Tensor tensor);
  std::span<const Feed> list() const { return list_; }

 private:
  std::deque<std::string> names_;
  std::deque<Tensor> tensors_;
  std::vector<Feed> list_;
};

// Dynamic dimensions get small sizes, the same size for the same name. Nothing where an input is too large to be run
// often.
std::optional<Feeds> make_feeds(const Model& model, Random& random);

DynamicOptions dynamic_options(const Model& model, Random& random);
WeightsOptions weights_options(const Model& model, Random& random);
StaticOptions static_options(const Model& model, Random& random);
PlanSubset plan_subset(const Calibration& calibration, Random& random);

}  // namespace octavo::fuzz
