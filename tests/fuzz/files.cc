#include "fuzz/files.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace octavo::fuzz {

std::vector<File> files_in(const std::string& folder) {
  std::vector<File> files;
  for (const auto& entry : std::filesystem::directory_iterator(OCTAVO_FUZZ_DIR "/" + folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    files.push_back({entry.path().filename(), {std::istreambuf_iterator<char>(file), {}}});
  }
  std::ranges::sort(files, {}, &File::name);
  return files;
}

}  // namespace octavo::fuzz
