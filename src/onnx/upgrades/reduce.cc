// Reductions of old: the axes became an input, and of ReduceSum first.
#include "onnx/upgrade.h"

namespace octavo::onnx {

namespace {

void reduce(Draft& draft, DraftNode& node) {
  move_attr_to_input(draft, node, "axes", 1, node.op_type == "ReduceSum" ? 13 : 18);
}

constexpr Upgrade kRows[] = {
    {"ReduceL1", reduce},  {"ReduceL2", reduce},        {"ReduceLogSum", reduce}, {"ReduceLogSumExp", reduce},
    {"ReduceMax", reduce}, {"ReduceMean", reduce},      {"ReduceMin", reduce},    {"ReduceProd", reduce},
    {"ReduceSum", reduce}, {"ReduceSumSquare", reduce},
};

const RegisterUpgrades registered(kRows);

}  // namespace

}  // namespace octavo::onnx
