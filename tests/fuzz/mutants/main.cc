// octavo_mutants FOLDER COUNT: writes mutants of all known files, the same on every machine.
#include <cstdlib>
#include <fstream>
#include <string>

#include "fuzz/files.h"
#include "fuzz/mutations.h"

namespace octavo::fuzz {
namespace {

// Of a file that is no protobuf, or now and then: cut off, and a byte changed.
std::string damaged(std::string bytes, Random& random) {
  bytes.resize(static_cast<std::size_t>(random.integer(1, static_cast<int64_t>(bytes.size()))));
  pick(bytes, random) ^= static_cast<char>(1 << random.below(8));
  return bytes;
}

std::string mutant(const std::vector<File>& files, std::size_t number) {
  constexpr int kDamagedOneIn = 32, kCrossedOneIn = 4;
  Random random(number);
  const std::string& origin = files[number % files.size()].bytes;
  auto model = parse_model(origin);
  if (!model || random.below(kDamagedOneIn) == 0) return damaged(origin, random);
  do {
    auto other = parse_model(pick(files, random).bytes);
    if (!other || random.below(kCrossedOneIn) != 0 || !cross(*model, *other, random)) mutate(*model, random);
  } while (random.below(2) == 0);
  return write_model(*model);
}

}  // namespace
}  // namespace octavo::fuzz

int main(int argc, char** argv) {
  using namespace octavo::fuzz;
  if (argc != 3) return 2;
  std::vector<File> files = files_in("corpus");
  for (File& finding : files_in("findings")) files.push_back(std::move(finding));
  const std::size_t count = std::strtoul(argv[2], nullptr, 10);
  for (std::size_t i = 0; i < count; ++i) {
    std::ofstream file(std::string(argv[1]) + "/" + std::to_string(i) + ".onnx", std::ios::binary);
    file << mutant(files, i);
    if (!file) return 1;
  }
}
