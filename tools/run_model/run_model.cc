// Runs a model natively on one float32 input: octavo_run_model MODEL.onnx INPUT.f32 OUTPUT.f32 [KERNEL_FAMILY=ROW …]
//
// INPUT holds the elements of the model's only input, batch 1, and OUTPUT those of its first output, both raw and
// little-endian. The tests of bit-identity run the same file through every build this way.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <vector>

#include "engine/engine.h"

namespace {

using octavo::Error;
using octavo::ErrorCode;

std::vector<std::byte> read_file(const char* path) {
  std::FILE* file = std::fopen(path, "rb");
  octavo::require(file != nullptr, ErrorCode::invalid_input, "cannot open {}", path);
  std::vector<std::byte> bytes;
  std::byte chunk[1 << 16];
  while (const std::size_t count = std::fread(chunk, 1, sizeof chunk, file))
    bytes.insert(bytes.end(), chunk, chunk + count);
  std::fclose(file);
  return bytes;
}

void write_file(const char* path, const octavo::TensorView& tensor) {
  std::FILE* file = std::fopen(path, "wb");
  const bool written = file != nullptr && std::fwrite(tensor.data, 1, tensor.bytes(), file) == tensor.bytes();
  octavo::require(file != nullptr && std::fclose(file) == 0 && written, ErrorCode::invalid_input,
                  "cannot write {}", path);
}

octavo::KernelPolicy policy_of(int count, char** assignments) {
  octavo::KernelPolicy policy;
  for (int i = 0; i < count; ++i) {
    const std::string_view assignment = assignments[i];
    const std::size_t equals = assignment.find('=');
    octavo::require(equals != assignment.npos, ErrorCode::invalid_option, "expected FAMILY=ROW, got {}",
                    assignment);
    policy.forced[std::string(assignment.substr(0, equals))] = assignment.substr(equals + 1);
  }
  return policy;
}

void run(int argc, char** argv) {
  const auto model = octavo::Model::load(read_file(argv[1]), policy_of(argc - 4, argv + 4));
  const octavo::Value& info = model->graph()[model->graph().inputs.at(0)];
  octavo::Shape shape = info.shape.value_or(octavo::Shape{});
  std::ranges::replace(shape.dims, octavo::kDynamic, int64_t{1});

  const std::vector<std::byte> bytes = read_file(argv[2]);
  octavo::Tensor input(octavo::DType::f32, shape);
  octavo::require(bytes.size() == input.bytes(), ErrorCode::invalid_input,
                  "{} holds {} bytes, the input takes {}", argv[2], bytes.size(), input.bytes());
  std::memcpy(input.view().data, bytes.data(), bytes.size());
  const octavo::Feed feed{info.name, &input};
  write_file(argv[3], model->run({&feed, 1}).at(0));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: octavo_run_model MODEL.onnx INPUT.f32 OUTPUT.f32 [KERNEL_FAMILY=ROW ...]\n");
    return 2;
  }
  try {
    run(argc, argv);
  } catch (const Error& error) {
    std::fprintf(stderr, "octavo_run_model: %s\n", error.what());
    return 1;
  }
}
