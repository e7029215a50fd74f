// Option objects of JavaScript: plain data without unknown names, of which web/package/src/check_options.ts sees to.
#pragma once

#include <emscripten/val.h>

#include "engine/engine.h"

namespace octavo::bindings {

// Of pairs of a family and the kernel that it is to use.
KernelPolicy kernel_policy(const emscripten::val& forced);
DynamicOptions dynamic_options(const emscripten::val& options);
StaticOptions static_options(const emscripten::val& options);
onnx::FileForm file_form(const emscripten::val& options);
WeightsOptions weights_options(const emscripten::val& options);
PlanSubset plan_subset(const emscripten::val& options);

}  // namespace octavo::bindings
