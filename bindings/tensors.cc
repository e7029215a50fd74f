#include "tensors.h"

#include <algorithm>

#include "objects.h"

namespace octavo::bindings {

using emscripten::val;

namespace {

DType parse_dtype(const std::string& name, const std::string& tensor) {
  for (const DTypeInfo& info : kDTypes)
    if (info.name == name) return info.dtype;
  throw Error(ErrorCode::invalid_input, text("tensor '{}' has the unknown type '{}'", tensor, name));
}

// A Uint8Array of the bytes that any typed array covers.
val bytes_of(const val& array) {
  return val::global("Uint8Array").new_(array["buffer"], array["byteOffset"], array["byteLength"]);
}

Tensor tensor_from_js(const val& source, const std::string& name) {
  const DType dtype = parse_dtype(string_from_js(source["type"], "type"), name);
  Shape shape;
  const val dims = source["dims"];
  const auto rank = dims["length"].as<unsigned>();
  for (unsigned axis = 0; axis < rank; ++axis) {
    const auto dim = dims[axis].as<double>();
    require(dim >= 0 && dim == static_cast<double>(static_cast<int64_t>(dim)), ErrorCode::invalid_input,
            "tensor '{}' has a dimension that is not a whole number from 0 on", name);
    shape.dims.push_back(static_cast<int64_t>(dim));
  }
  double elements = 1;
  for (int64_t dim : shape.dims) elements *= static_cast<double>(dim);
  const double bytes = source["data"]["byteLength"].as<double>();
  require(elements * static_cast<double>(size_of(dtype)) == bytes, ErrorCode::invalid_input,
          "tensor '{}' of shape {} and type {} comes with {} bytes of data", name, shape, dtype_name(dtype),
          static_cast<int64_t>(bytes));
  Tensor tensor(dtype, std::move(shape));
  const val target(
      emscripten::typed_memory_view(tensor.bytes(), reinterpret_cast<uint8_t*>(tensor.view().data)));
  target.call<void>("set", bytes_of(source["data"]));
  return tensor;
}

}  // namespace

val KeptTensor::place() const { return bindings::place({}, view()); }

Feeds::Feeds(const val& sources) {
  const auto count = sources["length"].as<unsigned>();
  // The feeds point to both.
  names.reserve(count);
  tensors.reserve(count);
  for (unsigned i = 0; i < count; ++i) {
    const val source = sources[i], kept = source["tensor"];
    names.push_back(string_from_js(source["name"], "name"));
    if (kept.isUndefined()) {
      tensors.push_back(tensor_from_js(source, names.back()));
      feeds.emplace_back(names.back(), &tensors.back());
    } else {
      const auto* tensor = kept.as<const KeptTensor*>(emscripten::allow_raw_pointers());
      feeds.emplace_back(names.back(), tensor->view(), true);
    }
  }
}

val dims_to_js(const Shape& shape, const std::vector<std::string>& names) {
  val dims = val::array();
  for (int axis = 0; axis < shape.rank(); ++axis) {
    const bool named = axis < static_cast<int>(names.size()) && !names[axis].empty();
    if (shape[axis] != kDynamic)
      dims.call<void>("push", static_cast<double>(shape[axis]));
    else
      dims.call<void>("push", string_to_js(named ? names[axis] : "?"));
  }
  return dims;
}

val place(const std::string& name, const TensorView& view) {
  val tensor = val::object();
  set(tensor, "name", name);
  set(tensor, "type", dtype_name(view.dtype));
  set(tensor, "dims", dims_to_js(view.shape, {}));
  set(tensor, "pointer", static_cast<double>(reinterpret_cast<uintptr_t>(view.data)));
  set(tensor, "bytes", static_cast<double>(view.bytes()));
  return tensor;
}

val outputs_to_js(const std::vector<TensorView>& views, const Graph& graph) {
  val outputs = val::array();
  for (std::size_t i = 0; i < views.size(); ++i)
    if (std::ranges::find(graph.states, i, &StateSlot::output) == graph.states.end())
      outputs.call<void>("push", place(graph[graph.outputs[i]].name, views[i]));
  return outputs;
}

val to_js(const Session& session, const Feeds& feeds, const Graph& graph, bool reusable) {
  val inputs = val::array();
  for (std::size_t i = 0; i < feeds.names.size(); ++i)
    inputs.call<void>("push", place(feeds.names[i], session.inputs()[find_input(graph, feeds.names[i], i)]));
  val binding = val::object();
  set(binding, "inputs", inputs);
  set(binding, "outputs", outputs_to_js(session.outputs(), graph));
  set(binding, "reusable", val(reusable && !feeds.any_lent()));
  return binding;
}

val to_js(const Feeds& feeds) {
  val inputs = val::array();
  for (const Feed& feed : feeds.feeds) inputs.call<void>("push", place(std::string(feed.name), feed.tensor));
  val binding = val::object();
  set(binding, "inputs", inputs);
  set(binding, "reusable", val(!feeds.any_lent()));
  return binding;
}

}  // namespace octavo::bindings
