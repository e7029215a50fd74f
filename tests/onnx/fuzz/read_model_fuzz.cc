// Any bytes are a model or an Error; what was written is read again, and written again as the same bytes.
#include <cstdint>

#include "base/error.h"
#include "onnx/model.h"

namespace onnx = octavo::onnx;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  onnx::Model model;
  std::string file;
  try {
    model = onnx::read_model(std::as_bytes(std::span(data, size)));
    file = onnx::write_model(model);
  } catch (const octavo::Error& error) {
    if (*error.what() == '\0') __builtin_trap();
    return 0;
  }
  if (onnx::write_model(onnx::read_model(std::as_bytes(std::span(file)))) != file) __builtin_trap();
  return 0;
}
