#include "options.h"

#include <algorithm>
#include <array>
#include <initializer_list>

namespace octavo::bindings {

using emscripten::val;

namespace {

// Reads the members of an options object, each of which may be left out.
class Reader {
 public:
  Reader(const val& options, std::initializer_list<std::string_view> known) : options_(options) {
    if (options.isNull() || options.isUndefined()) {
      options_ = val::object();
      return;
    }
    const auto keys =
        emscripten::vecFromJSArray<std::string>(val::global("Object").call<val>("keys", options));
    for (const std::string& key : keys)
      require(std::ranges::find(known, key) != known.end(), ErrorCode::invalid_option, "there is no option '",
              key, "'");
  }

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

  std::vector<std::string> read_strings(const char* name) const {
    if (!has(name)) return {};
    const bool is_array = val::global("Array").call<bool>("isArray", options_[name]);
    require(is_array, ErrorCode::invalid_option, "option '", name, "' is not an array of strings");
    std::vector<std::string> strings;
    const auto count = options_[name]["length"].as<unsigned>();
    for (unsigned i = 0; i < count; ++i) {
      require(options_[name][i].isString(), ErrorCode::invalid_option, "option '", name,
              "' is not an array of strings");
      strings.push_back(options_[name][i].as<std::string>());
    }
    return strings;
  }

  // The index of the option's value among `choices`.
  template <std::size_t N>
  std::size_t read_choice(const char* name, const std::array<std::string_view, N>& choices,
                          std::size_t fallback) const {
    if (!has(name)) return fallback;
    std::string allowed;
    for (std::string_view choice : choices) allowed += text(allowed.empty() ? "'" : ", '", choice, "'");
    check(name, "string", allowed);
    const auto choice = std::ranges::find(choices, options_[name].as<std::string>());
    require(choice != choices.end(), ErrorCode::invalid_option, "option '", name, "' is one of ", allowed);
    return choice - choices.begin();
  }

 private:
  bool has(const char* name) const { return !options_[name].isUndefined(); }
  void check(const char* name, const char* type, std::string_view expected) const {
    require(options_[name].typeOf().as<std::string>() == type, ErrorCode::invalid_option, "option '", name,
            "' is ", expected);
  }

  val options_;
};

void read_common(const Reader& reader, QuantizeOptions& options) {
  options.op_types = reader.read_strings("opTypesToQuantize");
  options.exclude = reader.read_strings("nodesToExclude");
  options.per_channel = reader.read_bool("perChannel", options.per_channel);
  options.reduce_range = reader.read_bool("reduceRange", options.reduce_range);
  options.weight_range = WeightRange(reader.read_choice<2>("weightRange", {"narrow", "full"}, 0));
}

}  // namespace

KernelPolicy kernel_policy(const val& options) {
  KernelPolicy policy;
  Reader(options, {"forcedKernels"});
  const val forced = options.isUndefined() || options.isNull() ? val::undefined() : options["forcedKernels"];
  if (forced.isUndefined()) return policy;
  const auto families =
      emscripten::vecFromJSArray<std::string>(val::global("Object").call<val>("keys", forced));
  for (const std::string& family : families) policy.forced[family] = forced[family].as<std::string>();
  return policy;
}

DynamicOptions dynamic_options(const val& source) {
  const Reader reader(source, {"opTypesToQuantize", "nodesToExclude", "perChannel", "reduceRange",
                               "weightRange", "granularity"});
  DynamicOptions options;
  read_common(reader, options);
  options.granularity = Granularity(reader.read_choice<2>("granularity", {"row", "tensor"}, 0));
  return options;
}

StaticOptions static_options(const val& source) {
  const Reader reader(source, {"opTypesToQuantize", "nodesToExclude", "perChannel", "reduceRange",
                               "weightRange", "observer", "averagingConstant", "bins"});
  StaticOptions options;
  read_common(reader, options);
  options.observer.kind =
      ObserverKind(reader.read_choice<3>("observer", {"minmax", "movingAverage", "histogram"}, 2));
  options.observer.averaging_constant =
      static_cast<float>(reader.read_number("averagingConstant", options.observer.averaging_constant));
  options.observer.bins = static_cast<int>(reader.read_number("bins", options.observer.bins));
  return options;
}

}  // namespace octavo::bindings
