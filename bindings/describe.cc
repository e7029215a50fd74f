#include "describe.h"

#include "strings.h"
#include "tensors.h"

namespace octavo::bindings {

using emscripten::val;

namespace {

template <class Items, class F> val array_of(const Items& items, F&& item_to_js) {
  val array = val::array();
  for (const auto& item : items) array.call<void>("push", item_to_js(item));
  return array;
}

val tensor_info(const TensorInfo& info) {
  val object = val::object();
  object.set("name", string_to_js(info.name));
  object.set("type", string_to_js(std::string(dtype_name(*info.dtype))));
  if (info.shape) object.set("dims", dims_to_js(*info.shape, info.dim_names));
  return object;
}

val kernel_choice(const KernelChoice& choice) {
  val object = val::object();
  object.set("family", string_to_js(std::string(choice.family)));
  object.set("activations", string_to_js(std::string(choice.activations)));
  object.set("kernel", string_to_js(std::string(choice.kernel)));
  object.set("why", string_to_js(choice.why));
  return object;
}

val island(const FloatIsland& island) {
  val object = val::object();
  object.set("node", string_to_js(island.node));
  object.set("op", string_to_js(island.op));
  object.set("reason", string_to_js(island.reason));
  return object;
}

}  // namespace

val to_js(const EngineInfo& info, std::size_t heap_bytes) {
  val object = val::object();
  object.set("build", string_to_js(info.build));
  object.set("dot", string_to_js(info.dot));
  object.set("kernels", array_of(info.kernels, kernel_choice));
  object.set("heapBytes", static_cast<double>(heap_bytes));
  return object;
}

val to_js(const std::vector<OperatorInfo>& operators) {
  return array_of(operators, [](const OperatorInfo& info) {
    val object = val::object();
    object.set("domain", string_to_js(std::string(info.domain)));
    object.set("type", string_to_js(std::string(info.type)));
    object.set("since", info.since);
    return object;
  });
}

val to_js(const Description& description) {
  val operators = val::object();
  for (const auto& [name, count] : description.operators) operators.set(std::string(name), count);
  val quantization = val::object();
  quantization.set("scheme", string_to_js(description.scheme));
  quantization.set("integerNodes", description.integer_nodes);
  quantization.set("floatNodes", description.float_nodes);
  quantization.set("islands", array_of(description.islands, island));

  val object = val::object();
  object.set("opset", static_cast<double>(description.opset));
  object.set("irVersion", static_cast<double>(description.ir_version));
  object.set("producer", string_to_js(description.producer));
  object.set("inputs", array_of(description.inputs, tensor_info));
  object.set("outputs", array_of(description.outputs, tensor_info));
  object.set("parameters", static_cast<double>(description.parameters));
  object.set("macs", static_cast<double>(description.macs));
  object.set("operators", operators);
  object.set("quantization", quantization);
  return object;
}

val to_js(const TensorComparison& comparison) {
  val object = val::object();
  object.set("cosine", comparison.cosine);
  object.set("sqnrDb", comparison.sqnr_db);
  object.set("maxAbs", comparison.max_abs);
  return object;
}

val to_js(const std::vector<LayerComparison>& layers) {
  return array_of(layers, [](const LayerComparison& layer) {
    val object = to_js(layer.comparison);
    object.set("name", string_to_js(layer.name));
    object.set("op", string_to_js(layer.op));
    return object;
  });
}

val to_js(const std::vector<StepTime>& steps) {
  return array_of(steps, [](const StepTime& step) {
    val object = val::object();
    object.set("node", string_to_js(step.node));
    object.set("op", string_to_js(std::string(step.op)));
    object.set("ms", step.ms);
    return object;
  });
}

}  // namespace octavo::bindings
