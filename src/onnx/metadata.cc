#include "onnx/metadata.h"

#include <charconv>

#include "base/error.h"

namespace octavo::onnx {

namespace {

constexpr std::string_view kQmin = "octavo.qmin", kQmax = "octavo.qmax", kGranularity = "octavo.granularity";

int64_t to_integer(std::string_view key, std::string_view value) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  require(error == std::errc() && end == value.data() + value.size(), ErrorCode::invalid_graph, "metadata '",
          key, "' is '", value, "' and no integer");
  return number;
}

}  // namespace

void read_notes_entry(std::string_view key, std::string_view value, QuantizationNotes& notes) {
  if (key == kQmin) notes.qmin = to_integer(key, value);
  if (key == kQmax) notes.qmax = to_integer(key, value);
  if (key != kGranularity) return;
  require(value == "row" || value == "tensor", ErrorCode::invalid_graph, "metadata '", key, "' is '", value,
          "' and neither row nor tensor");
  notes.granularity = value == "row" ? Granularity::row : Granularity::tensor;
}

std::vector<std::pair<std::string_view, std::string>> notes_entries(const QuantizationNotes& notes) {
  std::vector<std::pair<std::string_view, std::string>> entries;
  if (notes.granularity == Granularity::row) entries.emplace_back(kGranularity, "row");
  if (notes.qmin) entries.emplace_back(kQmin, std::to_string(*notes.qmin));
  if (notes.qmax) entries.emplace_back(kQmax, std::to_string(*notes.qmax));
  return entries;
}

}  // namespace octavo::onnx
