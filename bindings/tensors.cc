#include "tensors.h"

#include <algorithm>

namespace octavo::bindings {

using emscripten::val;

namespace {

struct ElementType {
  DType dtype;
  const char* array;  // the class of the typed array
};

constexpr ElementType kElementTypes[] = {
    {DType::f32, "Float32Array"},   {DType::f64, "Float64Array"},   {DType::s8, "Int8Array"},
    {DType::u8, "Uint8Array"},      {DType::s16, "Int16Array"},     {DType::u16, "Uint16Array"},
    {DType::s32, "Int32Array"},     {DType::u32, "Uint32Array"},    {DType::s64, "BigInt64Array"},
    {DType::u64, "BigUint64Array"}, {DType::boolean, "Uint8Array"},
};

DType parse_dtype(const std::string& name, const std::string& tensor) {
  for (const ElementType& type : kElementTypes)
    if (dtype_name(type.dtype) == name) return type.dtype;
  throw Error(ErrorCode::invalid_input, text("tensor '", tensor, "' has the unknown type '", name, "'"));
}

// A Uint8Array of the bytes that any typed array covers.
val bytes_of(const val& array) {
  return val::global("Uint8Array").new_(array["buffer"], array["byteOffset"], array["byteLength"]);
}

Tensor tensor_from_js(const val& source, const std::string& name) {
  const DType dtype = parse_dtype(source["type"].as<std::string>(), name);
  Shape shape;
  for (double dim : emscripten::vecFromJSArray<double>(source["dims"])) {
    require(dim >= 0 && dim == static_cast<double>(static_cast<int64_t>(dim)), ErrorCode::invalid_input,
            "tensor '", name, "' has a dimension that is not a whole number from 0 on");
    shape.dims.push_back(static_cast<int64_t>(dim));
  }
  double elements = 1;
  for (int64_t dim : shape.dims) elements *= static_cast<double>(dim);
  const double bytes = source["data"]["byteLength"].as<double>();
  require(elements * static_cast<double>(size_of(dtype)) == bytes, ErrorCode::invalid_input, "tensor '", name,
          "' of shape ", shape, " and type ", dtype_name(dtype), " comes with ", static_cast<int64_t>(bytes),
          " bytes of data");
  Tensor tensor(dtype, std::move(shape));
  const val target(
      emscripten::typed_memory_view(tensor.bytes(), reinterpret_cast<uint8_t*>(tensor.view().data)));
  target.call<void>("set", bytes_of(source["data"]));
  return tensor;
}

}  // namespace

Feeds::Feeds(const val& sources) {
  const auto count = sources["length"].as<unsigned>();
  for (unsigned i = 0; i < count; ++i) {
    const val source = sources[i];
    names.push_back(source["name"].as<std::string>());
    tensors.push_back(tensor_from_js(source, names.back()));
  }
  for (unsigned i = 0; i < count; ++i) feeds.push_back({names[i], &tensors[i]});
}

val copy_to_js(DType dtype, const void* data, std::size_t bytes) {
  const val view(emscripten::typed_memory_view(bytes, static_cast<const uint8_t*>(data)));
  const val copy = view.call<val>("slice");
  for (const ElementType& type : kElementTypes)
    if (type.dtype == dtype) return val::global(type.array).new_(copy["buffer"]);
  return copy;
}

val dims_to_js(const Shape& shape, const std::vector<std::string>& names) {
  val dims = val::array();
  for (int axis = 0; axis < shape.rank(); ++axis) {
    const bool named = axis < static_cast<int>(names.size()) && !names[axis].empty();
    if (shape[axis] != kDynamic)
      dims.call<void>("push", static_cast<double>(shape[axis]));
    else
      dims.call<void>("push", named ? names[axis] : std::string("?"));
  }
  return dims;
}

namespace {

val place(const std::string& name, const TensorView& view) {
  val tensor = val::object();
  tensor.set("name", name);
  tensor.set("type", std::string(dtype_name(view.dtype)));
  tensor.set("dims", dims_to_js(view.shape, {}));
  tensor.set("pointer", static_cast<double>(reinterpret_cast<uintptr_t>(view.data)));
  tensor.set("bytes", static_cast<double>(view.bytes()));
  return tensor;
}

}  // namespace

val to_js(const Session& session, const Feeds& feeds, const Graph& graph, bool reusable) {
  val inputs = val::array(), outputs = val::array();
  for (const std::string& name : feeds.names) {
    const auto input = std::ranges::find(graph.inputs, name, [&](ValueId id) { return graph[id].name; });
    inputs.call<void>("push", place(name, session.inputs()[input - graph.inputs.begin()]));
  }
  for (std::size_t i = 0; i < session.outputs().size(); ++i)
    outputs.call<void>("push", place(graph[graph.outputs[i]].name, session.outputs()[i]));
  val binding = val::object();
  binding.set("inputs", inputs);
  binding.set("outputs", outputs);
  binding.set("reusable", reusable);
  return binding;
}

}  // namespace octavo::bindings
