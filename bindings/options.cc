#include "options.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <string_view>
#include <utility>

#include "strings.h"

namespace octavo::bindings {

using emscripten::val;

namespace {

// The values of an enum by the names that options have for them.
template <class Enum> using Choices = std::initializer_list<std::pair<std::string_view, Enum>>;

// Reads the members of an options object, each of which may be left out. The package has looked for unknown ones.
class Reader {
 public:
  explicit Reader(const val& options) : options_(options) {}

  bool read_bool(const char* name, bool fallback) const {
    if (!has(name)) return fallback;
    check(name, "boolean", "true or false");
    return options_[name].as<bool>();
  }

  double read_number(const char* name, double fallback) const {
    if (!has(name)) return fallback;
    check(name, "number", "a number");
    return options_[name].as<double>();
  }

  // A number, or true for `usual` and false for 0.
  double read_strength(const char* name, double usual) const {
    if (has(name) && options_[name].isTrue()) return usual;
    return has(name) && options_[name].isFalse() ? 0 : read_number(name, 0);
  }

  int read_integer(const char* name, int fallback) const {
    const double number = read_number(name, fallback);
    require(number == std::trunc(number) && std::abs(number) <= std::numeric_limits<int>::max(),
            ErrorCode::invalid_option, "option '{}' is a whole number", name);
    return static_cast<int>(number);
  }

  std::vector<std::string> read_strings(const char* name) const {
    if (!has(name)) return {};
    const bool is_array = val::global("Array").call<bool>("isArray", options_[name]);
    require(is_array, ErrorCode::invalid_option, "option '{}' is not an array of strings", name);
    std::vector<std::string> strings;
    const auto count = options_[name]["length"].as<unsigned>();
    for (unsigned i = 0; i < count; ++i)
      strings.push_back(string_from_js(options_[name][i], text("an element of option '{}'", name)));
    return strings;
  }

  template <class Enum> Enum read_choice(const char* name, Choices<Enum> choices, Enum fallback) const {
    if (!has(name)) return fallback;
    std::string allowed;
    for (const auto& choice : choices) allowed += text("{}{}'", allowed.empty() ? "'" : ", '", choice.first);
    val value = options_[name];
    if (value.isNumber()) value = value.call<val>("toString");
    require(value.isString(), ErrorCode::invalid_option, "option '{}' is one of {}", name, allowed);
    const std::string given = string_from_js(value, name);
    const auto choice = std::ranges::find(choices, given, [](const auto& each) { return each.first; });
    require(choice != choices.end(), ErrorCode::invalid_option, "option '{}' is one of {}", name, allowed);
    return choice->second;
  }

 private:
  bool has(const char* name) const { return !options_[name].isUndefined(); }
  void check(const char* name, const char* type, std::string_view expected) const {
    require(options_[name].typeOf().as<std::string>() == type, ErrorCode::invalid_option, "option '{}' is {}",
            name, expected);
  }

  val options_;
};

void read_selection(const Reader& reader, QuantizeOptions& options) {
  options.op_types = reader.read_strings("opTypesToQuantize");
  options.exclude = reader.read_strings("nodesToExclude");
}

void read_common(const Reader& reader, QuantizeOptions& options) {
  read_selection(reader, options);
  options.per_channel = reader.read_bool("perChannel", options.per_channel);
  options.reduce_range = reader.read_bool("reduceRange", options.reduce_range);
  options.weight_range = reader.read_choice(
      "weightRange", {{"narrow", WeightRange::narrow}, {"full", WeightRange::full}}, options.weight_range);
  options.weight_bits = reader.read_integer("weightBits", options.weight_bits);
}

}  // namespace

KernelPolicy kernel_policy(const val& forced) {
  KernelPolicy policy;
  const auto count = forced["length"].as<unsigned>();
  for (unsigned i = 0; i < count; ++i) {
    const std::string family = string_from_js(forced[i][0], "a kernel's family");
    policy.forced[family] = string_from_js(forced[i][1], text("option 'forcedKernels.{}'", family));
  }
  return policy;
}

DynamicOptions dynamic_options(const val& source) {
  const Reader reader(source);
  DynamicOptions options;
  read_common(reader, options);
  options.granularity = reader.read_choice(
      "granularity", {{"tensor", Granularity::tensor}, {"row", Granularity::row}}, options.granularity);
  return options;
}

onnx::FileForm file_form(const val& source) {
  using enum onnx::WeightsForm;
  using enum onnx::Storage;
  const Reader reader(source);
  onnx::FileForm form;
  form.weights = reader.read_choice(
      "weights", {{"dequantizeLinear", dequantize_linear}, {"matMulNBits", matmul_n_bits}}, form.weights);
  form.storage = reader.read_choice("storage", {{"float32", float32}, {"float16", float16}}, form.storage);
  return form;
}

WeightsOptions weights_options(const val& source) {
  const Reader reader(source);
  WeightsOptions options;
  read_selection(reader, options);
  options.weight_bits = reader.read_choice("bits", {{"8", 8}, {"4", 4}}, options.weight_bits);
  options.block =
      reader.read_choice("blockSize", {{"channel", 0}, {"16", 16}, {"32", 32}, {"64", 64}, {"128", 128}}, 0);
  options.rounding = reader.read_choice(
      "rounding", {{"nearest", Rounding::nearest}, {"gptq", Rounding::gptq}, {"hqq", Rounding::hqq}},
      options.rounding);
  options.symmetric = reader.read_bool("symmetric", options.rounding != Rounding::hqq);
  options.ranges_activations = reader.read_choice("activations", {{"float", 0}, {"dynamic", 1}}, 0) != 0;
  return options;
}

StaticOptions static_options(const val& source) {
  const Reader reader(source);
  StaticOptions options;
  read_common(reader, options);
  options.rounding = reader.read_choice(
      "rounding", {{"nearest", Rounding::nearest}, {"gptq", Rounding::gptq}}, options.rounding);
  options.bias_correction = reader.read_bool("biasCorrection", options.bias_correction);
  options.equalize = reader.read_bool("equalize", options.equalize);
  options.smoothing = reader.read_strength("smoothQuant", kUsualSmoothing);
  options.observer.kind = reader.read_choice("observer",
                                             {{"minmax", ObserverKind::minmax},
                                              {"movingAverage", ObserverKind::moving_average},
                                              {"histogram", ObserverKind::histogram},
                                              {"percentile", ObserverKind::percentile},
                                              {"entropy", ObserverKind::entropy},
                                              {"mse", ObserverKind::mse}},
                                             options.observer.kind);
  options.observer.averaging_constant =
      static_cast<float>(reader.read_number("averagingConstant", options.observer.averaging_constant));
  options.observer.bins = reader.read_integer("bins", options.observer.bins);
  options.observer.percentile = reader.read_number("percentile", options.observer.percentile);
  return options;
}

}  // namespace octavo::bindings
