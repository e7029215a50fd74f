#include "onnx/tensor_reader.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <optional>

#include "base/error.h"
#include "onnx/data_type.h"
#include "onnx/fields.h"

namespace octavo::onnx {

static_assert(std::endian::native == std::endian::little, "raw_data is little-endian and copied as it is");

namespace {

struct Header {
  Shape shape;
  int64_t data_type = 0;
  bool has_raw = false, is_external = false, is_segment = false;
  std::string_view raw;
  std::string_view location;  // of external data, and where they are in that file
  uint64_t offset = 0;
  std::optional<uint64_t> length;
};

// A StringStringEntryProto of TensorProto.external_data.
void read_external_entry(pbf_reader message, Header& header, std::string_view what) {
  const auto [key, value] = read_entry(message);
  if (key == "location") header.location = value;
  if (key != "offset" && key != "length") return;
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size())
    fail(ErrorCode::invalid_model, "{} has external data whose {} is no number: '{}'", what, key, value);
  if (key == "offset")
    header.offset = number;
  else
    header.length = number;
}

Header read_header(pbf_reader message, std::string_view what) {
  Header header;
  while (next_field(message)) switch (message.tag_and_type()) {
      case varint(tensor_proto::dims):
      case bytes(tensor_proto::dims):
        read_numbers(message, pbf_wire_type::varint, [&](uint64_t dim) {
          append_dimension(header.shape, static_cast<int64_t>(dim), what);
          require(header.shape.dims.back() >= 0, ErrorCode::invalid_model, "{} has a negative dimension",
                  what);
        });
        break;
      case varint(tensor_proto::data_type): header.data_type = message.get_int32(); break;
      case bytes(tensor_proto::raw_data):
        header.has_raw = true;
        header.raw = read_bytes(message);
        break;
      case bytes(tensor_proto::external_data):
        read_external_entry(message.get_message(), header, what);
        break;
      case varint(tensor_proto::data_location): header.is_external = message.get_int32() != 0; break;
      case bytes(tensor_proto::segment): header.is_segment = true; [[fallthrough]];
      default: message.skip();
    }
  return header;
}

struct TypedField {
  uint32_t number;
  pbf_wire_type wire_type;
};

// Where a TensorProto keeps its elements when not in raw_data.
TypedField typed_field(DType dtype) {
  switch (dtype) {
    case DType::f32: return {tensor_proto::float_data, pbf_wire_type::fixed32};
    case DType::f64: return {tensor_proto::double_data, pbf_wire_type::fixed64};
    case DType::s64: return {tensor_proto::int64_data, pbf_wire_type::varint};
    case DType::u32:
    case DType::u64: return {tensor_proto::uint64_data, pbf_wire_type::varint};
    default: return {tensor_proto::int32_data, pbf_wire_type::varint};
  }
}

// Stores the elements' low bytes: right for signed, unsigned and floating-point types alike. Returns the number of
// elements in the message; those above `capacity` are only counted.
int64_t read_typed(pbf_reader message, DType dtype, std::byte* out, int64_t capacity) {
  const TypedField field = typed_field(dtype);
  const std::size_t width = size_of(dtype);
  int64_t count = 0;
  while (next_field(message)) {
    const bool is_packed = message.wire_type() == pbf_wire_type::length_delimited;
    if (message.tag() != field.number || (message.wire_type() != field.wire_type && !is_packed)) {
      message.skip();
      continue;
    }
    read_numbers(message, field.wire_type, [&](uint64_t bits) {
      if (count < capacity) std::memcpy(out + count * width, &bits, width);
      ++count;
    });
  }
  return count;
}

// Integers of 4 bits, the first of two in the low ones, as integers of 8.
Tensor unpack_nibbles(std::string_view packed, int64_t data_type, const Shape& shape) {
  const bool is_signed = data_type == kInt4;
  Tensor bytes(is_signed ? DType::s8 : DType::u8, shape);
  const auto out = std::span(bytes.view().as<uint8_t>(), static_cast<std::size_t>(shape.elements()));
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto nibble = static_cast<uint8_t>(static_cast<uint8_t>(packed[i / 2]) >> (i % 2 * 4) & 15);
    out[i] = static_cast<uint8_t>(is_signed && nibble > 7 ? nibble - 16 : nibble);
  }
  return bytes;
}

Tensor widened(const Tensor& halves) {
  Tensor floats(DType::f32, halves.shape());
  widen(halves.dtype(), halves.view().data, floats.span<float>());
  return floats;
}

// Booleans are 0 or 1, and 16-bit floats are widened.
ConstantTensor normalized(Tensor tensor) {
  if (tensor.dtype() == DType::boolean)
    for (uint8_t& flag : tensor.span<uint8_t>()) flag = flag != 0;
  return std::make_shared<const Tensor>(is_half(tensor.dtype()) ? widened(tensor) : std::move(tensor));
}

}  // namespace

void append_dimension(Shape& shape, int64_t dim, std::string_view what) {
  require(shape.dims.size() < Dims::kMaxRank, ErrorCode::unsupported, "{} has more than {} dimensions", what,
          Dims::kMaxRank);
  shape.dims.push_back(dim);
}

void check_shape(const Shape& shape, DType dtype, std::string_view what) {
  require(is_addressable(shape, size_of(dtype)), ErrorCode::invalid_model, "the shape of {} is too large",
          what);
}

std::string_view read_tensor_name(pbf_reader message) {
  std::string_view name;
  while (next_field(message, bytes(tensor_proto::name))) name = read_string(message);
  return name;
}

int64_t read_data_type(pbf_reader message) {
  int64_t type = 0;
  while (next_field(message, varint(tensor_proto::data_type))) type = message.get_int32();
  return type;
}

std::string_view external_location(pbf_reader message) {
  const Header header = read_header(message, "");
  return header.is_external ? header.location : std::string_view();
}

ConstantTensor read_tensor(pbf_reader message, std::string_view what, BigTensors* big) {
  Header header = read_header(message, what);
  require(!header.is_external || big, ErrorCode::unsupported, "{} keeps its data in another file", what);
  require(!header.is_segment, ErrorCode::unsupported, "{} is split into segments", what);
  const DType dtype = dtype_of_data_type(header.data_type, what);
  check_shape(header.shape, dtype, what);
  const auto elements = static_cast<uint64_t>(header.shape.elements());
  // An element that is not in raw_data takes at least one byte of the message.
  const bool is_packed = is_nibble(header.data_type);
  const uint64_t bytes = is_packed ? (elements + 1) / 2 : elements * size_of(dtype);
  if (header.is_external) {
    header.has_raw = true;
    header.raw = big->external(header.location, header.offset, header.length.value_or(bytes), what);
  }
  require(header.has_raw ? header.raw.size() == bytes : bytes / size_of(dtype) <= message.length(),
          ErrorCode::invalid_model, "{} has the shape {}, which its data do not fit", what, header.shape);

  if (is_packed) {
    // In the typed field an element is a byte of two.
    std::string listed(header.has_raw ? 0 : static_cast<std::size_t>(bytes), '\0');
    const int64_t count = header.has_raw
                              ? 0
                              : read_typed(message, DType::u8, reinterpret_cast<std::byte*>(listed.data()),
                                           static_cast<int64_t>(bytes));
    require(header.has_raw || static_cast<uint64_t>(count) == bytes, ErrorCode::invalid_model,
            "{} has {} bytes, but the shape {}", what, count, header.shape);
    return std::make_shared<const Tensor>(
        unpack_nibbles(header.has_raw ? header.raw : listed, header.data_type, header.shape));
  }
  if (big && header.has_raw && bytes >= BigTensors::kSmallest && dtype != DType::boolean)
    return big->add(dtype, header.shape, header.raw);
  Tensor tensor(dtype, header.shape);
  if (header.has_raw) {
    if (bytes != 0) std::memcpy(tensor.view().data, header.raw.data(), bytes);
  } else {
    const int64_t count = read_typed(message, dtype, tensor.view().data, static_cast<int64_t>(elements));
    require(static_cast<uint64_t>(count) == elements, ErrorCode::invalid_model,
            "{} has {} elements, but the shape {}", what, count, header.shape);
  }
  return normalized(std::move(tensor));
}

ConstantTensor as_if_read(const TensorView& tensor) { return normalized(Tensor::copy_of(tensor)); }

}  // namespace octavo::onnx
