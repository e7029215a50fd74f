// SoftmaxCrossEntropyLoss in two parts.
#include "base/error.h"
#include "onnx/upgrade.h"

namespace octavo::onnx {

namespace {

// (loss, log_prob) of scores: log_prob = LogSoftmax(scores, axis = 1), loss = NegativeLogLikelihoodLoss(log_prob, …).
void softmax_cross_entropy_loss(Draft& draft, DraftNode& draft_node) {
  Node& node = draft_node.node;
  require(node.has_input(0) && !node.outputs.empty(), ErrorCode::invalid_graph, "has no scores");
  Attrs attrs;
  attrs.set("axis", int64_t{1});
  if (node.outputs.size() > 1) {
    draft.add_node("LogSoftmax", node.name, {node.inputs[0]}, node.outputs[1], std::move(attrs));
    node.inputs[0] = node.outputs[1];
  } else {
    node.inputs[0] = draft.add_node("LogSoftmax", node.name, {node.inputs[0]}, std::move(attrs));
  }
  node.outputs.resize(1);
  draft_node.op_type = "NegativeLogLikelihoodLoss";
}

constexpr Upgrade kRows[] = {{"SoftmaxCrossEntropyLoss", softmax_cross_entropy_loss, 12}};

const RegisterUpgrades registered(kRows);

}  // namespace

}  // namespace octavo::onnx
