// The tensors that make up most of a model, and the files that they are in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_memory.h"
#include "tensor/tensor.h"

namespace octavo::onnx {

// A file that holds elements of initializers, by the name that the model calls it (TensorProto.external_data).
struct ExternalFile {
  std::string location;
  FileMemory memory;
};

// Tensors that are left in the files until the rest of the model is read. Then they move out from the last to the
// first, and the files shrink behind each: not even for a moment are the weights in memory twice.
class BigTensors {
 public:
  static constexpr std::size_t kSmallest = 16 << 10;  // bytes

  explicit BigTensors(FileMemory& file, std::vector<ExternalFile> externals = {})
      : file_(file), externals_(std::move(externals)) {}

  // A tensor whose elements are `raw`, a piece of one of the files; floats of 16 bits become float32.
  ConstantTensor add(DType dtype, const Shape& shape, std::string_view raw);
  // `length` bytes of another file, from `offset` on. Throws Error(invalid_model), naming `what` and the file, where it
  // is not given or has not so many.
  std::string_view external(std::string_view location, uint64_t offset, uint64_t length,
                            std::string_view what) const;

  // Afterwards nothing refers to the files. Nothing else of them is read from here on.
  void move_out();

 private:
  struct Entry {
    ConstantTensor tensor;
    FileMemory* file;
    std::size_t offset, end;
  };
  FileMemory& file_of(std::string_view raw);

  FileMemory& file_;
  std::vector<ExternalFile> externals_;
  std::vector<Entry> entries_;  // by file and offset
};

}  // namespace octavo::onnx
