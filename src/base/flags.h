// A list of yes or no, by index.
#pragma once

#include <cstdint>
#include <vector>

namespace octavo {

// A byte each: the code for std::vector<bool> is a kilobyte of the download, the bits would save as much memory.
using Flags = std::vector<uint8_t>;

}  // namespace octavo
