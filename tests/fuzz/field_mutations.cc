// Mutations of fields, whatever they mean.
#include <bit>

#include "fuzz/mutations.h"

namespace octavo::fuzz {

namespace {

// The messages that have fields, of which one is drawn: all kinds of messages alike, though there are most of some.
Field* draw_message(Field& model, Random& random) {
  const auto kind =
      Message(random.integer(static_cast<int>(Message::model), static_cast<int>(Message::tensor)));
  std::vector<Field*> candidates = messages(model, kind);
  std::erase_if(candidates, [](const Field* message) { return message->children.empty(); });
  return candidates.empty() ? nullptr : pick(candidates, random);
}

std::size_t draw_index(const Field& message, Random& random) {
  return static_cast<std::size_t>(random.below(static_cast<int64_t>(message.children.size())));
}

bool remove(Field& model, Random& random) {
  Field* message = draw_message(model, random);
  if (message == nullptr) return false;
  message->children.erase(message->children.begin() + static_cast<int64_t>(draw_index(*message, random)));
  return true;
}

bool duplicate(Field& model, Random& random) {
  Field* message = draw_message(model, random);
  if (message == nullptr) return false;
  Field copy = pick(message->children, random);
  message->children.insert(message->children.begin() + static_cast<int64_t>(draw_index(*message, random)),
                           std::move(copy));
  return true;
}

bool swap(Field& model, Random& random) {
  Field* message = draw_message(model, random);
  if (message == nullptr || message->children.size() < 2) return false;
  std::swap(pick(message->children, random), pick(message->children, random));
  return true;
}

// From one message to another of its kind.
bool move(Field& model, Random& random) {
  Field* from = draw_message(model, random);
  if (from == nullptr) return false;
  Field* to = pick(messages(model, from->message), random);
  if (to == from) return false;
  const std::size_t i = draw_index(*from, random);
  // Not into itself: bodies are graphs in graphs.
  if (!path_to(from->children[i], *to).empty()) return false;
  Field field = std::move(from->children[i]);
  from->children.erase(from->children.begin() + static_cast<int64_t>(i));
  to->children.push_back(std::move(field));
  return true;
}

bool change_number(Field& model, Random& random) {
  Field* message = draw_message(model, random);
  if (message == nullptr) return false;
  Field& field = pick(message->children, random);
  switch (field.type) {
    case pbf_wire_type::varint: field.value = interesting_number(random); return true;
    case pbf_wire_type::fixed32:
      field.value = std::bit_cast<uint32_t>(interesting_float(random));
      return true;
    default: return false;
  }
}

constexpr Mutation kMutations[] = {remove, duplicate, swap, move, change_number, change_number};

}  // namespace

std::span<const Mutation> field_mutations() { return kMutations; }

bool cross(Field& model, Field& other, Random& random) {
  Field* from = draw_message(other, random);
  if (from == nullptr) return false;
  const std::vector<Field*> places = messages(model, from->message);
  if (places.empty()) return false;
  const Field& field = pick(from->children, random);
  Field* to = pick(places, random);
  std::vector<Field*> twins = to->all(field.number);
  // Beside those of its kind, or in the place of one.
  if (twins.empty() || random.below(2) == 0)
    to->children.push_back(field);
  else
    *pick(twins, random) = field;
  return true;
}

}  // namespace octavo::fuzz
