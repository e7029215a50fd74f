// Option objects of JavaScript. A key that is not an option is an error: a misspelt option must not pass for a default.
#pragma once

#include <emscripten/val.h>

#include "engine/engine.h"

namespace octavo::bindings {

KernelPolicy kernel_policy(const emscripten::val& options);
DynamicOptions dynamic_options(const emscripten::val& options);
StaticOptions static_options(const emscripten::val& options);

}  // namespace octavo::bindings
