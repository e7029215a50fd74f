// If(…, q, s, z), where q, s, z = DynamicQuantizeLinear(x) → If(…, x) with branches that quantize x: there the passes
// see what the integers of products are. ONNX Runtime's quantizer leaves it outside for whatever a branch takes from
// there.
#include <algorithm>

#include "graph/op_def.h"
#include "graph/qdq.h"
#include "passes/passes.h"

namespace octavo {

namespace {

// A branch of an If, and what it captures.
class Branch {
 public:
  Branch(Node& node, std::size_t index) : node_(node), index_(index), body_(node.subgraphs[index]) {}

  std::span<const ValueId> captured() const {
    return std::span(node_.inputs).subspan(body_.first_capture, body_.captures);
  }

  void sink(const Graph& outside, const Node& quantizer) {
    Graph& graph = body_.graph;
    Node sunk{.op = quantizer.op, .name = graph.unique_value_name(quantizer.name)};
    for (ValueId output : quantizer.outputs)
      sunk.outputs.push_back(output == kNoValue ? kNoValue : release(outside, output));
    const ValueId x = quantizer.inputs[0];
    sunk.inputs = {add_value(outside, x)};
    graph.inputs.push_back(sunk.inputs[0]);
    node_.inputs.insert(node_.inputs.begin() + body_.first_capture + body_.captures, x);
    recount(1);
    graph.nodes.insert(graph.nodes.begin(), std::move(sunk));
  }

 private:
  ValueId add_value(const Graph& outside, ValueId id) {
    return body_.graph.add_value({outside[id], body_.graph.unique_value_name(outside[id].name)});
  }

  // What stands for a value from outside, which is captured no more.
  ValueId release(const Graph& outside, ValueId id) {
    const auto found = std::ranges::find(captured(), id);
    if (found == captured().end()) return add_value(outside, id);
    const auto at = found - captured().begin();
    node_.inputs.erase(node_.inputs.begin() + body_.first_capture + at);
    std::vector<ValueId>& inputs = body_.graph.inputs;
    const auto input = inputs.end() - body_.captures + at;
    const ValueId inside = *input;
    inputs.erase(input);
    recount(-1);
    return inside;
  }

  void recount(int more) {
    body_.captures += more;
    for (std::size_t i = index_ + 1; i < node_.subgraphs.size(); ++i)
      node_.subgraphs[i].first_capture += more;
  }

  Node& node_;
  std::size_t index_;
  Subgraph& body_;
};

}  // namespace

int sink_quantizers(Graph& graph) {
  const Uses uses(graph);
  int sunk = 0;
  for (Node& node : graph.nodes) {
    if (node.op != find_op("If")) continue;
    for (std::size_t i = 0; i < node.subgraphs.size(); ++i) {
      Branch branch(node, i);
      const auto quantizer = [&] {
        const auto is_quantized = [&](ValueId id) {
          const uint32_t n = uses.producer[id];
          return n != Uses::kNone && is_dynamic_quantize(graph.nodes[n]);
        };
        const auto found = std::ranges::find_if(branch.captured(), is_quantized);
        return found == branch.captured().end() ? nullptr : &graph.nodes[uses.producer[*found]];
      };
      for (const Node* next = quantizer(); next != nullptr; next = quantizer()) {
        branch.sink(graph, *next);
        ++sunk;
      }
    }
  }
  return sunk;
}

}  // namespace octavo
