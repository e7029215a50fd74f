#include "onnx/metadata.h"

#include <charconv>

#include "base/error.h"

namespace octavo::onnx {

namespace {

constexpr std::string_view kQmin = "octavo.qmin", kQmax = "octavo.qmax", kGranularity = "octavo.granularity",
                           kState = "octavo.state", kQuantized = "quantized";

// Whether the text is that of an integer.
bool read_integer(std::string_view text, std::optional<int64_t>& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number.emplace());
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

void read_notes_entry(std::string_view key, std::string_view value, QuantizationNotes& notes) {
  bool fits = true;
  if (key == kQmin) fits = read_integer(value, notes.qmin);
  if (key == kQmax) fits = read_integer(value, notes.qmax);
  if (key == kGranularity) {
    notes.granularity = value == "row" ? Granularity::row : Granularity::tensor;
    fits = value == "row" || value == "tensor";
  }
  if (key == kState) {
    notes.quantized_state = value == kQuantized;
    fits = value == kQuantized || value == "float";
  }
  require(fits, ErrorCode::invalid_graph, "metadata '{}' is '{}', which it cannot be", key, value);
}

std::vector<std::pair<std::string_view, std::string>> notes_entries(const QuantizationNotes& notes) {
  std::vector<std::pair<std::string_view, std::string>> entries;
  if (notes.granularity == Granularity::row) entries.emplace_back(kGranularity, "row");
  if (notes.quantized_state) entries.emplace_back(kState, kQuantized);
  if (notes.qmin) entries.emplace_back(kQmin, std::to_string(*notes.qmin));
  if (notes.qmax) entries.emplace_back(kQmax, std::to_string(*notes.qmax));
  return entries;
}

}  // namespace octavo::onnx
