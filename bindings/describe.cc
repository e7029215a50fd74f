#include "describe.h"

#include "objects.h"
#include "tensors.h"

namespace octavo::bindings {

using emscripten::val;

namespace {

template <class Items, class F> val array_of(const Items& items, F&& item_to_js) {
  val array = val::array();
  for (const auto& item : items) array.call<void>("push", item_to_js(item));
  return array;
}

// Of a value whose dtype is known.
val value_to_js(const Value& value) {
  val object = val::object();
  set(object, "name", value.name);
  set(object, "type", dtype_name(*value.dtype));
  if (value.shape) set(object, "dims", dims_to_js(*value.shape, value.dim_names));
  return object;
}

val values_of(const Graph& graph, const std::vector<ValueId>& ids) {
  return array_of(ids, [&](ValueId id) { return value_to_js(graph[id]); });
}

val kernel_choice(const KernelChoice& choice) {
  val object = val::object();
  set(object, "family", choice.family);
  set(object, "activations", choice.activations);
  set(object, "kernel", choice.kernel);
  set(object, "why", choice.why);
  return object;
}

val island(const FloatIsland& island) {
  val object = val::object();
  set(object, "node", island.node);
  set(object, "op", island.op);
  set(object, "reason", island.reason);
  return object;
}

val applied_to_js(const Applied& applied) {
  val object = val::object();
  set(object, "method", applied.method);
  set(object, "layers", applied.layers);
  set(object, "unchanged", applied.unchanged);
  if (applied.gain_db) set(object, "gainDb", *applied.gain_db);
  return object;
}

}  // namespace

val to_js(const EngineInfo& info, std::size_t heap_bytes) {
  val object = val::object();
  set(object, "build", info.build);
  set(object, "dot", info.dot);
  set(object, "kernels", array_of(info.kernels, kernel_choice));
  set(object, "heapBytes", static_cast<double>(heap_bytes));
  return object;
}

val to_js(const std::vector<OperatorInfo>& operators) {
  return array_of(operators, [](const OperatorInfo& info) {
    val object = val::object();
    set(object, "domain", info.domain);
    set(object, "type", info.type);
    set(object, "since", info.since);
    return object;
  });
}

val to_js(const Description& description, const Graph& graph, const std::vector<Value>& overridable) {
  val operators = val::object();
  for (const auto& [name, count] : description.operators) set(operators, std::string(name).c_str(), count);
  // A file's keys are anything: the object has no prototype that one of them could stand for.
  val metadata = val::global("Object").call<val>("create", val::null());
  for (const auto& [key, value] : description.metadata) set(metadata, key.c_str(), value);
  val tensor_bytes = val::object();
  for (std::size_t kind = 0; kind < std::size(onnx::kTensorKinds); ++kind)
    set(tensor_bytes, onnx::kTensorKinds[kind].data(),
        static_cast<double>(description.tensor_bytes.by_kind[kind]));
  val quantization = val::object();
  set(quantization, "scheme", description.scheme);
  set(quantization, "integerNodes", description.integer_nodes);
  set(quantization, "floatNodes", description.float_nodes);
  set(quantization, "islands", array_of(description.islands, island));
  set(quantization, "applied", array_of(description.applied, applied_to_js));

  val object = val::object();
  set(object, "opset", static_cast<double>(description.opset));
  set(object, "irVersion", static_cast<double>(description.ir_version));
  set(object, "producer", description.producer);
  set(object, "inputs", values_of(graph, graph.inputs));
  set(object, "outputs", values_of(graph, graph.outputs));
  set(object, "overridableInitializers", array_of(overridable, value_to_js));
  set(object, "parameters", static_cast<double>(description.parameters));
  set(object, "tensorBytes", tensor_bytes);
  set(object, "macs", static_cast<double>(description.macs));
  set(object, "operators", operators);
  set(object, "metadata", metadata);
  set(object, "quantization", quantization);
  return object;
}

val to_js(const std::vector<LayerInfo>& layers, const Graph& graph) {
  return array_of(layers, [&](const LayerInfo& layer) {
    const Value& output = graph[layer.node.outputs[0]];
    val object = val::object();
    set(object, "name", layer.node.name);
    set(object, "op", layer.node.op->name);
    if (output.shape) set(object, "dims", dims_to_js(*output.shape, output.dim_names));
    set(object, "parameters", static_cast<double>(layer.parameters));
    set(object, "quantizes", layer.quantizes);
    return object;
  });
}

val to_js(const TensorComparison& comparison) {
  val object = val::object();
  set(object, "cosine", comparison.cosine);
  set(object, "sqnrDb", comparison.sqnr_db);
  set(object, "maxAbs", comparison.max_abs);
  return object;
}

val to_js(const Distribution& distribution) {
  val object = val::object();
  const auto range = [](const ValueRange& ends) {
    return array_of(std::array{ends.min, ends.max}, [](float end) { return val(end); });
  };
  const auto counts = [](const auto& bins) {
    return array_of(bins, [](uint32_t count) { return val(count); });
  };
  set(object, "range", range(distribution.reference));
  set(object, "quantizedRange", range(distribution.other));
  set(object, "clipped", distribution.clipped);
  set(object, "counts", counts(distribution.reference_counts));
  set(object, "quantizedCounts", counts(distribution.other_counts));
  return object;
}

val to_js(const std::vector<LayerComparison>& layers) {
  return array_of(layers, [](const LayerComparison& layer) {
    val object = to_js(layer.comparison);
    set(object, "name", layer.name);
    set(object, "op", layer.op);
    if (layer.distribution) set(object, "distribution", to_js(*layer.distribution));
    return object;
  });
}

val to_js(const std::vector<StepTime>& steps) {
  return array_of(steps, [](const StepTime& step) {
    val object = val::object();
    set(object, "node", step.node);
    set(object, "op", step.op);
    set(object, "ms", step.ms);
    return object;
  });
}

}  // namespace octavo::bindings
