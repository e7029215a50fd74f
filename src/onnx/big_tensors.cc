#include "onnx/big_tensors.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <tuple>

#include "base/error.h"
#include "onnx/data_type.h"

namespace octavo::onnx {

namespace {

std::string_view contents(const FileMemory& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

}  // namespace

FileMemory& BigTensors::file_of(std::string_view raw) {
  const auto holds = [&](const FileMemory& file) {
    const std::string_view all = contents(file);
    const std::less<> before;
    return !before(raw.data(), all.data()) && before(raw.data(), all.data() + all.size());
  };
  for (ExternalFile& external : externals_)
    if (holds(external.memory)) return external.memory;
  return file_;
}

ConstantTensor BigTensors::add(DType dtype, const Shape& shape, std::string_view raw) {
  FileMemory& file = file_of(raw);
  const auto offset = static_cast<std::size_t>(raw.data() - contents(file).data());
  const auto restore = [&file, offset, dtype](const TensorView& elements) {
    const std::byte* const from = file.bytes().data() + offset;
    if (is_half(dtype))
      widen(dtype, from, elements.span<float>());
    else
      std::memcpy(elements.data, from, elements.bytes());
  };
  auto tensor = std::make_shared<const Tensor>(
      Tensor::restored_on_demand(is_half(dtype) ? DType::f32 : dtype, shape, restore));
  // Mostly they come in order.
  const Entry entry{tensor, &file, offset, offset + raw.size()};
  auto place = entries_.end();
  while (place != entries_.begin() &&
         std::tuple(place[-1].file, place[-1].offset) > std::tuple(&file, offset))
    --place;
  entries_.insert(place, entry);
  return tensor;
}

std::string_view BigTensors::external(std::string_view location, uint64_t offset, uint64_t length,
                                      std::string_view what) const {
  const auto file = std::ranges::find(externals_, location, &ExternalFile::location);
  if (file == externals_.end())
    fail(ErrorCode::invalid_model, "{} keeps its data in the file '{}', which is not given (externalData)",
         what, location);
  const std::string_view all = contents(file->memory);
  if (offset > all.size() || length > all.size() - offset)
    fail(ErrorCode::invalid_model, "{} has {} bytes in the file '{}' from byte {} on, but it has only {}",
         what, static_cast<int64_t>(length), location, static_cast<int64_t>(offset),
         static_cast<int64_t>(all.size()));
  return all.substr(static_cast<std::size_t>(offset), static_cast<std::size_t>(length));
}

void BigTensors::move_out() {
  // Tensors may share bytes: what is cut off lies behind all that are left.
  for (std::size_t i = 1; i < entries_.size(); ++i)
    if (entries_[i].file == entries_[i - 1].file)
      entries_[i].end = std::max(entries_[i].end, entries_[i - 1].end);
  for (; !entries_.empty(); entries_.pop_back()) {
    const Entry& last = entries_.back();
    last.tensor->keep();
    const Entry* const before = entries_.size() > 1 ? &last - 1 : nullptr;
    last.file->shrink(before && before->file == last.file ? std::min(before->end, last.file->bytes().size())
                                                          : 0);
  }
  externals_.clear();
}

}  // namespace octavo::onnx
