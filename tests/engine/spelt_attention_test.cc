// Parts of transformers as PyTorch's exporters spell them: tools/fixtures/pytorch_attention.py.
#include <catch2/catch_test_macros.hpp>

#include "support/graph_builder.h"
#include "support/onnx_case.h"

using namespace octavo;
using namespace octavo::test;

TEST_CASE("Parts of transformers are recognised as PyTorch's exporters spell them") {
  struct Case {
    std::string name;
    std::vector<std::string> recognised;  // each once, but for what turns queries and keys
    int transposes = 0;
  };
  const std::vector<std::string> older{"Attention", "LayerNormalization", "Gelu"},
      grouped{"Attention", "RMSNormalization", "RotaryEmbedding", "RotaryEmbedding", "Swish"};
  for (const auto& [name, recognised, transposes] :
       std::vector<Case>{{"fused", {"Attention"}},
                         {"fused_open", {"Attention"}},
                         {"fused_dynamo", {"Attention"}},
                         {"older", older},
                         {"older_open", older},
                         {"grouped", grouped},
                         {"grouped_open", grouped},
                         {"grouped_dynamo", grouped},
                         {"windows", {"Attention"}},
                         {"multihead", {"Attention"}, 3},
                         {"multihead_dynamo", {"Attention"}, 3}}) {
    CAPTURE(name);
    const std::filesystem::path folder =
        std::filesystem::path(OCTAVO_FIXTURES_DIR "/pytorch/attention") / name;
    const auto model = load_case(folder);
    CHECK(run_case(*model, folder).empty());
    Graph graph = model->graph();
    lower(graph, {});
    INFO(dump(graph));
    for (const std::string& op : recognised) CHECK(count(graph, op) == std::ranges::count(recognised, op));
    CHECK(count(graph, "Softmax") + count(graph, "Expand") + count(graph, "IsNaN") == 0);
    CHECK(count(graph, "Transpose") == transposes);
  }
}
