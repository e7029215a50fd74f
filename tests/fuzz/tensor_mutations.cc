// Mutations of constants. Mostly the elements stay as many as the dimensions say, so that the model is still read.
#include <bit>
#include <cstring>

#include "fuzz/mutations.h"
#include "onnx/fields.h"

namespace octavo::fuzz {

namespace {

using namespace onnx;

constexpr std::size_t kMostBytes = 1 << 14;

Field* draw_tensor(Field& model, Random& random) {
  const std::vector<Field*> tensors = messages(model, Message::tensor);
  return tensors.empty() ? nullptr : pick(tensors, random);
}

// Bytes of an element of TensorProto.DataType, 0 where Octavo has none.
std::size_t element_size(uint64_t data_type) {
  constexpr uint8_t kSizes[] = {0, 4, 1, 1, 2, 2, 4, 8, 0, 1, 2, 8, 4, 8, 0, 0, 2};
  return data_type < std::size(kSizes) ? kSizes[data_type] : 0;
}

// Makes the elements as many as the dimensions say, from those that are there.
bool fit_elements(Field& tensor) {
  std::size_t bytes = element_size(tensor.at(tensor_proto::data_type).value);
  for (const Field* dim : tensor.all(tensor_proto::dims)) {
    if (dim->value > kMostBytes) return false;
    bytes *= dim->value;
    if (bytes > kMostBytes) return false;
  }
  Field& raw = tensor.at(tensor_proto::raw_data);
  raw.type = pbf_wire_type::length_delimited;
  const std::string pattern = raw.bytes.empty() ? std::string("\x40\x3f\x01\x02") : raw.bytes;
  while (raw.bytes.size() < bytes) raw.bytes += pattern;
  raw.bytes.resize(bytes);
  std::erase_if(tensor.children, [](const Field& field) {
    return field.number == tensor_proto::float_data || field.number == tensor_proto::int32_data ||
           field.number == tensor_proto::int64_data;
  });
  return true;
}

bool change_size(Field& model, Random& random) {
  Field* tensor = draw_tensor(model, random);
  if (tensor == nullptr) return false;
  const std::vector<Field*> dims = tensor->all(tensor_proto::dims);
  if (dims.empty()) return false;
  pick(dims, random)->value = static_cast<uint64_t>(random.integer(0, 9));
  return fit_elements(*tensor);
}

bool add_axis(Field& model, Random& random) {
  Field* tensor = draw_tensor(model, random);
  if (tensor == nullptr) return false;
  const auto size = static_cast<uint64_t>(random.integer(1, 3));
  tensor->children.insert(tensor->children.begin(), number_field(tensor_proto::dims, size));
  return fit_elements(*tensor);
}

bool remove_axis(Field& model, Random& random) {
  Field* tensor = draw_tensor(model, random);
  if (tensor == nullptr || tensor->find(tensor_proto::dims) == nullptr) return false;
  tensor->children.erase(tensor->children.begin() +
                         (tensor->find(tensor_proto::dims) - tensor->children.data()));
  return fit_elements(*tensor);
}

bool change_data_type(Field& model, Random& random) {
  Field* tensor = draw_tensor(model, random);
  if (tensor == nullptr) return false;
  tensor->at(tensor_proto::data_type).value = static_cast<uint64_t>(random.integer(1, 13));
  return fit_elements(*tensor);
}

bool change_element(Field& model, Random& random) {
  Field* tensor = draw_tensor(model, random);
  Field* raw = tensor == nullptr ? nullptr : tensor->find(tensor_proto::raw_data);
  if (raw == nullptr || raw->bytes.empty()) return false;
  const std::size_t size = element_size(tensor->at(tensor_proto::data_type).value);
  if (size == 0 || raw->bytes.size() < size) return false;
  const uint64_t bits = size == 4 && random.below(4) != 0 ? std::bit_cast<uint32_t>(interesting_float(random))
                                                          : interesting_number(random);
  const auto elements = static_cast<int64_t>(raw->bytes.size() / size);
  std::memcpy(raw->bytes.data() + static_cast<std::size_t>(random.below(elements)) * size, &bits, size);
  return true;
}

bool cut_elements(Field& model, Random& random) {
  Field* tensor = draw_tensor(model, random);
  Field* raw = tensor == nullptr ? nullptr : tensor->find(tensor_proto::raw_data);
  if (raw == nullptr) return false;
  raw->bytes.resize(static_cast<std::size_t>(random.below(static_cast<int64_t>(raw->bytes.size()) + 9)));
  return true;
}

constexpr Mutation kMutations[] = {change_size,    change_size,      add_axis,
                                   remove_axis,    change_data_type, change_element,
                                   change_element, change_element,   cut_elements};

}  // namespace

std::span<const Mutation> tensor_mutations() { return kMutations; }

}  // namespace octavo::fuzz
