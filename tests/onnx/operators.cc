// The layering keeps src/ops out of these tests. The reader and the writer need to know of an operator only its name
// and how many inputs and outputs it has.
#include <climits>

#include <deque>

#include "graph/op_def.h"

namespace octavo {
namespace {

struct Arity {
  std::string_view name;
  int min_inputs, max_inputs, max_outputs = 1, min_outputs = 1;
};

constexpr Arity kOperators[] = {
    {"Add", 2, 2},
    {"AveragePool", 1, 1},
    {"BatchNormalization", 5, 5},
    {"Cast", 1, 1},
    {"Clip", 1, 3},
    {"Concat", 1, INT_MAX},
    {"ConstantOfShape", 1, 1},
    {"Conv", 2, 3},
    {"DequantizeLinear", 2, 3},
    {"Div", 2, 2},
    {"Dropout", 1, 3, 2},
    {"DynamicQuantizeLinear", 1, 1, 3, 3},
    {"Flatten", 1, 1},
    {"Gemm", 2, 3},
    {"GlobalAveragePool", 1, 1},
    {"HardSigmoid", 1, 1},
    {"Identity", 1, 1},
    {"MatMul", 2, 2},
    {"MaxPool", 1, 1, 2},
    {"Mul", 2, 2},
    {"Pad", 2, 4},
    {"QuantizeLinear", 2, 3},
    {"ReduceMean", 1, 2},
    {"Relu", 1, 1},
    {"Reshape", 2, 2},
    {"Shape", 1, 1},
    {"Slice", 3, 5},
    {"Softmax", 1, 1},
    {"Squeeze", 1, 2},
    {"Unsqueeze", 2, 2},
    {"octavo.Observe", 1, 1},
};

struct Registered {
  explicit Registered(const Arity& op)
      : definition{.name = op.name,
                   .min_inputs = op.min_inputs,
                   .max_inputs = op.max_inputs,
                   .min_outputs = op.min_outputs,
                   .max_outputs = op.max_outputs},
        link(definition) {}

  OpDef definition;
  RegisterOp link;
};

const std::deque<Registered> registered(std::begin(kOperators), std::end(kOperators));

}  // namespace
}  // namespace octavo
