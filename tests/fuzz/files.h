// The models that the fuzzer starts with, and those that broke something in the past.
#pragma once

#include <string>
#include <vector>

namespace octavo::fuzz {

struct File {
  std::string name, bytes;
};

// By name. `folder` is one of tests/fuzz.
std::vector<File> files_in(const std::string& folder);

}  // namespace octavo::fuzz
