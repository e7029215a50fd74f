// Mutations of what the file declares of its values: leaves out types, ranks and sizes, and makes sizes absurd.
#include "fuzz/mutations.h"
#include "onnx/fields.h"

namespace octavo::fuzz {

namespace {

using namespace onnx;

Field* draw(Field& model, Message kind, Random& random) {
  const std::vector<Field*> candidates = messages(model, kind);
  return candidates.empty() ? nullptr : pick(candidates, random);
}

// Removes the fields of that number from one message of the kind, or from all of them.
bool forget(Field& model, Message kind, uint32_t number, Random& random) {
  std::vector<Field*> candidates = messages(model, kind);
  std::erase_if(candidates, [&](Field* message) { return message->find(number) == nullptr; });
  if (candidates.empty()) return false;
  if (random.below(4) != 0) candidates = {pick(candidates, random)};
  for (Field* message : candidates)
    std::erase_if(message->children, [&](const Field& f) { return f.number == number; });
  return true;
}

bool forget_type(Field& model, Random& random) {
  return forget(model, Message::value_info, value_info_proto::type, random);
}
bool forget_rank(Field& model, Random& random) {
  return forget(model, Message::tensor_type, tensor_type_proto::shape, random);
}
bool forget_size(Field& model, Random& random) {
  return forget(model, Message::dim, dim_proto::dim_value, random);
}
bool make_scalar(Field& model, Random& random) {
  return forget(model, Message::shape, shape_proto::dim, random);
}

bool name_size(Field& model, Random& random) {
  Field* dim = draw(model, Message::dim, random);
  if (dim == nullptr) return false;
  dim->children = {bytes_field(dim_proto::dim_param, random.below(2) == 0 ? "N" : "M")};
  return true;
}

bool change_size(Field& model, Random& random) {
  Field* dim = draw(model, Message::dim, random);
  if (dim == nullptr) return false;
  dim->children = {number_field(dim_proto::dim_value, interesting_number(random))};
  return true;
}

bool add_axis(Field& model, Random& random) {
  Field* shape = draw(model, Message::shape, random);
  if (shape == nullptr) return false;
  const Field size = number_field(dim_proto::dim_value, static_cast<uint64_t>(random.integer(1, 3)));
  const auto place =
      shape->children.begin() + random.integer(0, static_cast<int64_t>(shape->children.size()));
  shape->children.insert(place, message_field(shape_proto::dim, Message::dim, {size}));
  return true;
}

bool change_element_type(Field& model, Random& random) {
  Field* type = draw(model, Message::tensor_type, random);
  if (type == nullptr) return false;
  type->at(tensor_type_proto::elem_type).value = static_cast<uint64_t>(random.integer(0, 14));
  return true;
}

constexpr Mutation kMutations[] = {forget_type, forget_rank, forget_rank, forget_size, make_scalar,
                                   name_size,   change_size, change_size, add_axis,    change_element_type};

}  // namespace

std::span<const Mutation> type_mutations() { return kMutations; }

}  // namespace octavo::fuzz
