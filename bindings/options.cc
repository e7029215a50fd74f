#include "options.h"

#include "option_reader.h"
#include "strings.h"

namespace octavo::bindings {

using emscripten::val;

namespace {

void read_selection(const OptionReader& reader, QuantizeOptions& options) {
  options.op_types = reader.read_strings("opTypesToQuantize");
  options.exclude = reader.read_strings("nodesToExclude");
}

void read_common(const OptionReader& reader, QuantizeOptions& options) {
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
  const OptionReader reader(source);
  DynamicOptions options;
  read_common(reader, options);
  options.granularity = reader.read_choice(
      "granularity", {{"tensor", Granularity::tensor}, {"row", Granularity::row}}, options.granularity);
  return options;
}

onnx::FileForm file_form(const val& source) {
  using enum onnx::WeightsForm;
  using enum onnx::Storage;
  const OptionReader reader(source);
  onnx::FileForm form;
  form.weights = reader.read_choice(
      "weights", {{"dequantizeLinear", dequantize_linear}, {"matMulNBits", matmul_n_bits}}, form.weights);
  form.storage = reader.read_choice("storage", {{"float32", float32}, {"float16", float16}}, form.storage);
  return form;
}

WeightsOptions weights_options(const val& source) {
  const OptionReader reader(source);
  WeightsOptions options;
  read_selection(reader, options);
  options.weight_bits = reader.read_integer("bits", options.weight_bits);
  options.block =
      reader.read_choice("blockSize", {{"channel", 0}, {"16", 16}, {"32", 32}, {"64", 64}, {"128", 128}}, 0);
  options.rounding = reader.read_choice(
      "rounding", {{"nearest", Rounding::nearest}, {"gptq", Rounding::gptq}, {"hqq", Rounding::hqq}},
      options.rounding);
  options.symmetric = reader.read_bool("symmetric", options.rounding != Rounding::hqq);
  options.ranges_activations = reader.read_choice("activations", {{"float", 0}, {"dynamic", 1}}, 0) != 0;
  return options;
}

PlanSubset plan_subset(const val& source) {
  const OptionReader reader(source);
  return {
      .only = reader.read_strings("only"),
      .exclude = reader.read_strings("nodesToExclude"),
      .part = reader.read_choice(
          "part",
          {{"all", PlanPart::all}, {"weights", PlanPart::weights}, {"activations", PlanPart::activations}},
          PlanPart::all)};
}

StaticOptions static_options(const val& source) {
  const OptionReader reader(source);
  StaticOptions options;
  read_common(reader, options);
  options.rounding = reader.read_choice(
      "rounding", {{"nearest", Rounding::nearest}, {"gptq", Rounding::gptq}}, options.rounding);
  options.bias_correction = reader.read_bool("biasCorrection", options.bias_correction);
  options.activation_bits = reader.read_integer("activationBits", options.activation_bits);
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
