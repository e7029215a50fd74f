// The tensors that make up most of a file.
#pragma once

#include <string_view>
#include <vector>

#include "base/file_memory.h"
#include "tensor/tensor.h"

namespace octavo::onnx {

// Tensors that are left in the file until the rest of it is read. Then they move out of it from the last to the first,
// and the file shrinks behind each: not even for a moment are the weights in memory twice.
class BigTensors {
 public:
  static constexpr std::size_t kSmallest = 16 << 10;  // bytes

  explicit BigTensors(FileMemory& file) : file_(file) {}

  // A tensor whose elements are `raw`, a piece of the file behind all those before.
  ConstantTensor add(DType dtype, const Shape& shape, std::string_view raw);

  // Afterwards nothing refers to the file. Nothing else of it is read from here on.
  void move_out();

 private:
  struct Entry {
    ConstantTensor tensor;
    std::size_t offset;
  };

  FileMemory& file_;
  std::vector<Entry> entries_;
};

}  // namespace octavo::onnx
