// All that is tried with one file.
#pragma once

#include <cstddef>
#include <span>

namespace octavo::fuzz {

// Any bytes are a model that keeps the promises of engine/engine.h, or an Error with a sentence in it:
//
//   load → describe → run → write → load → run,
//
// and the same of what the dynamic and the static quantizer make of it. Whatever else is decided, such as contents and
// sizes of the feeds and options of the quantizers, follows from the field kDecisions of the file: a file alone is a
// finding. True for a model that is read.
bool try_file(std::span<const std::byte> file);

}  // namespace octavo::fuzz
