#include "fuzz/decisions.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>

namespace octavo::fuzz {

namespace {

// What becomes a T by a conversion: for floats of 16 bits a float32.
template <class T> using Number = std::conditional_t<std::is_arithmetic_v<T>, T, float>;

constexpr int64_t kMostElements = 1 << 14;

class Sizes {
 public:
  explicit Sizes(Random& random) : random_(random) {}

  Shape choose(const Value& input) {
    if (!input.shape) {
      Shape shape{Dims(static_cast<uint64_t>(random_.integer(0, 4)), 1)};
      for (int64_t& dim : shape.dims) dim = size();
      return shape;
    }
    Shape shape = *input.shape;
    for (int axis = 0; axis < shape.rank(); ++axis)
      if (shape[axis] == kDynamic) shape[axis] = named_size(input.dim_names, axis);
    return shape;
  }

 private:
  // Now and then there is nothing along an axis.
  int64_t size() { return random_.below(24) == 0 ? 0 : random_.integer(1, 4); }

  int64_t named_size(const std::vector<std::string>& names, int axis) {
    const std::string name = static_cast<std::size_t>(axis) < names.size() ? names[axis] : "";
    if (name.empty()) return size();
    return by_name_.try_emplace(name, size()).first->second;
  }

  Random& random_;
  std::map<std::string, int64_t> by_name_;
};

bool is_small(const Shape& shape) {
  int64_t elements = 1;
  for (int64_t dim : shape.dims) {
    if (dim > kMostElements) return false;
    elements *= dim;
    if (elements > kMostElements) return false;
  }
  return true;
}

// One in sixteen feeds of floats holds a number that is none, or a very large or small one.
void spice(std::span<float> values, Random& random) {
  constexpr float kSpices[] = {std::numeric_limits<float>::quiet_NaN(),
                               std::numeric_limits<float>::infinity(),
                               -std::numeric_limits<float>::infinity(),
                               3e38f,
                               -1e20f,
                               1e-40f};
  if (values.empty() || random.below(16) != 0) return;
  values[static_cast<std::size_t>(random.below(static_cast<int64_t>(values.size())))] =
      kSpices[random.below(std::size(kSpices))];
}

Tensor contents(DType dtype, const Shape& shape, Random& random) {
  Tensor tensor(dtype, shape);
  const bool wild = random.below(8) == 0;
  visit(EveryType{}, dtype, [&]<class T>(T) {
    for (T& x : tensor.span<T>()) {
      if constexpr (std::is_floating_point_v<T>)
        x = random.real(-3, 3);
      else if constexpr (std::is_same_v<T, bool>)
        x = random.below(2) != 0;
      else
        x = static_cast<T>(static_cast<Number<T>>(wild ? random.integer(-1000, 1000) : random.integer(0, 4)));
    }
  });
  if (dtype == DType::f32) spice(tensor.span<float>(), random);
  return tensor;
}

void choose_common(const Model& model, Random& random, QuantizeOptions& options) {
  constexpr std::string_view kTypes[] = {"Conv", "Gemm", "MatMul"};
  for (std::string_view type : kTypes)
    if (random.below(3) == 0) options.op_types.emplace_back(type);
  const auto& nodes = model.graph().nodes;
  if (!nodes.empty() && random.below(4) == 0)
    options.exclude.push_back(nodes[random.below(static_cast<int64_t>(nodes.size()))].name);
  options.per_channel = random.below(2) == 0;
  options.reduce_range = random.below(3) == 0;
  options.weight_range = random.below(3) == 0 ? WeightRange::full : WeightRange::narrow;
  if (random.below(4) == 0) options.weight_bits = static_cast<int>(random.integer(2, 8));
}

}  // namespace

uint64_t decisions_of(std::span<const std::byte> file) try {
  protozero::pbf_reader message(reinterpret_cast<const char*>(file.data()), file.size());
  uint64_t decisions = 0;
  while (message.next())
    if (message.tag_and_type() == protozero::tag_and_type(kDecisions, protozero::pbf_wire_type::varint))
      decisions = message.get_uint64();
    else
      message.skip();
  return decisions;
} catch (const protozero::exception&) {
  return 0;
}

void Feeds::add(std::string name, Tensor tensor) {
  list_.push_back({names_.emplace_back(std::move(name)), &tensors_.emplace_back(std::move(tensor))});
}

std::optional<Feeds> make_feeds(const Model& model, Random& random) {
  Feeds feeds;
  Sizes sizes(random);
  for (ValueId id : model.graph().inputs) {
    const Value& input = model.graph()[id];
    const Shape shape = sizes.choose(input);
    if (!is_small(shape)) return std::nullopt;
    feeds.add(input.name, contents(*input.dtype, shape, random));
  }
  return feeds;
}

DynamicOptions dynamic_options(const Model& model, Random& random) {
  DynamicOptions options;
  choose_common(model, random, options);
  options.granularity = random.below(2) == 0 ? Granularity::row : Granularity::tensor;
  return options;
}

WeightsOptions weights_options(const Model& model, Random& random) {
  WeightsOptions options;
  choose_common(model, random, options);
  options.block = 16 * random.below(4);
  options.symmetric = random.below(2) == 0;
  if (!options.symmetric && random.below(3) == 0) options.rounding = Rounding::hqq;
  options.ranges_activations = random.below(3) == 0;
  return options;
}

StaticOptions static_options(const Model& model, Random& random) {
  StaticOptions options;
  choose_common(model, random, options);
  options.observer.kind = ObserverKind(random.below(6));
  // With feedback it takes a time that goes with the cube of how long rows of weights are.
  const auto rounding = Rounding(random.below(2));
  const auto is_short = [](const Value& value) {
    return !value.is_constant() || value.constant->shape().elements() <= 1024;
  };
  options.rounding = std::ranges::all_of(model.graph().values, is_short) ? rounding : Rounding::nearest;
  options.equalize = random.below(2) == 0;
  options.smoothing = 0.5 * random.below(3);
  options.observer.bins = static_cast<int>(random.integer(2, 100));
  return options;
}

PlanSubset plan_subset(const Calibration& calibration, Random& random) {
  PlanSubset subset;
  subset.part = PlanPart(random.below(3));
  for (std::string& name : calibration.layers())
    if (random.below(2) == 0)
      (random.below(2) == 0 ? subset.only : subset.exclude).push_back(std::move(name));
  return subset;
}

}  // namespace octavo::fuzz
