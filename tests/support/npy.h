// Fixtures in NumPy's .npy format, version 1, C order: uint8 and float32.
#pragma once

#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

#include "base/error.h"
#include "tensor/tensor.h"

namespace octavo::test {

inline std::vector<char> read_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  require(file.good(), ErrorCode::invalid_input, "cannot open {}", path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// numpy.lib.format: magic, version, header length (little-endian u16), a Python dict in ASCII, then the elements.
inline Tensor read_npy(const std::string& path) {
  const std::vector<char> bytes = read_bytes(path);
  const std::size_t header_bytes =
      static_cast<uint8_t>(bytes.at(8)) + 256u * static_cast<uint8_t>(bytes.at(9));
  const std::string header(bytes.data() + 10, header_bytes);
  const bool is_float = header.find("'<f4'") != header.npos;
  require(is_float || header.find("'|u1'") != header.npos, ErrorCode::invalid_input, "{} is of another dtype",
          path);
  Shape shape;
  for (std::size_t at = header.find('(') + 1; header[at] != ')';) {
    std::size_t digits = 0;
    shape.dims.push_back(std::stoll(header.substr(at), &digits));
    at = header.find_first_not_of(", ", at + digits);
  }
  Tensor tensor(is_float ? DType::f32 : DType::u8, std::move(shape));
  require(bytes.size() == 10 + header_bytes + tensor.bytes(), ErrorCode::invalid_input, "{} is truncated",
          path);
  std::memcpy(tensor.view().data, bytes.data() + 10 + header_bytes, tensor.bytes());
  return tensor;
}

}  // namespace octavo::test
