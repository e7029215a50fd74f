#include "ops/qdq_params.h"

#include <limits>

#include "base/error.h"
#include "graph/op_def.h"

namespace octavo {

namespace {

template <class T> constexpr IntegerRange range_of() {
  return {std::numeric_limits<T>::min(), std::numeric_limits<T>::max()};
}

bool is_quantized_type(DType dtype) {
  return dtype == DType::u8 || dtype == DType::s8 || dtype == DType::u16 || dtype == DType::s16 ||
         dtype == DType::s32;
}

}  // namespace

IntegerRange storage_range(DType dtype) {
  switch (dtype) {
    case DType::s8: return range_of<int8_t>();
    case DType::u16: return range_of<uint16_t>();
    case DType::s16: return range_of<int16_t>();
    case DType::s32: return range_of<int32_t>();
    default: return range_of<uint8_t>();
  }
}

IntegerRange integer_range(const Attrs& attrs, DType dtype) {
  const IntegerRange storage = storage_range(dtype);
  const int64_t qmin = attrs.get_int(kQminAttribute, storage.qmin);
  const int64_t qmax = attrs.get_int(kQmaxAttribute, storage.qmax);
  require(storage.qmin <= qmin && qmin < qmax && qmax <= storage.qmax, ErrorCode::invalid_graph, "integers ",
          qmin, " to ", qmax, " do not fit ", dtype_name(dtype));
  return {static_cast<int32_t>(qmin), static_cast<int32_t>(qmax)};
}

IntegerRange integer_range(const Node& node, DType dtype) {
  try {
    return integer_range(node.attrs, dtype);
  } catch (Error& error) {
    throw error.at_node(node.name, node.op->name);
  }
}

std::optional<QParams> read_qparams(const Graph& graph, const Node& node) {
  const Tensor* scale = graph.constant_input(node, 1);
  const Tensor* zero_point = graph.constant_input(node, 2);
  if (scale == nullptr || scale->dtype() != DType::f32 || node.attrs.get_int("block_size", 0) != 0)
    return std::nullopt;
  if (node.has_input(2) &&
      (zero_point == nullptr || zero_point->shape().elements() != scale->shape().elements()))
    return std::nullopt;

  const bool quantizes = node.op->name == "QuantizeLinear";
  const DType storage =
      zero_point ? zero_point->dtype() : graph[quantizes ? node.outputs[0] : node.inputs[0]].dtype;
  if (!is_quantized_type(storage)) return std::nullopt;

  QParams qparams;
  const auto scales = scale->span<float>();
  qparams.scale.assign(scales.begin(), scales.end());
  if (zero_point == nullptr) {
    qparams.zero_point.assign(scales.size(), 0);
  } else {
    visit_dtype(storage, [&]<class T>(T) {
      for (T value : zero_point->span<T>()) qparams.zero_point.push_back(static_cast<int32_t>(value));
    });
  }
  if (scale->shape().rank() > 1 || scales.empty()) return std::nullopt;
  if (scales.size() > 1) {
    const std::optional<Shape>& shape = graph[node.inputs[0]].shape;
    int64_t axis = node.attrs.get_int("axis", 1);
    if (axis < 0 && !shape) return std::nullopt;
    if (shape) axis = normalize_axis(axis, shape->rank());
    qparams.axis = static_cast<int>(axis);
  }
  const IntegerRange range = integer_range(node, storage);
  qparams.qmin = range.qmin;
  qparams.qmax = range.qmax;
  return qparams;
}

}  // namespace octavo
