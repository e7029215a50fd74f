#include "onnx/graph_reader.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "graph/op_def.h"
#include "graph/rewriter.h"
#include "onnx/data_type.h"
#include "onnx/fields.h"
#include "onnx/half_border.h"
#include "onnx/node_reader.h"
#include "onnx/overrides.h"
#include "onnx/tensor_reader.h"
#include "onnx/upgrade.h"
#include "onnx/value_reader.h"

namespace octavo::onnx {

namespace {

// What the file says of a name, wherever it says it.
struct Symbol {
  enum class Source : uint8_t { none, initializer, input, node };
  Source source = Source::none;
  bool is_used = false;              // by a node or as a graph output
  bool is_qparam = false;            // a scale or zero point
  bool is_packed = false;            // bytes that are two integers of 4 bits
  const ValueInfo* input = nullptr;  // of an initializer that is one and may be overridden
  ValueId id = kNoValue;
  ValueInfo info;
};

// Bodies within bodies: more than any network has, and less than a stack is tall.
constexpr int kDeepestBody = 8;

// Calls see(node) for the nodes of a graph and of their bodies, and mark(name) for the outputs of bodies.
template <class See, class Mark>
void for_each_node(const std::vector<RawNode>& nodes, int depth, const See& see, const Mark& mark) {
  require(depth <= kDeepestBody, ErrorCode::unsupported, "graphs are nested more than {} deep", kDeepestBody);
  for (const RawNode& node : nodes) {
    see(node);
    for (const auto& [attribute, body] : node.bodies) {
      std::vector<RawNode> inner;
      pbf_reader message = body;
      while (next_field(message)) switch (message.tag_and_type()) {
          case bytes(graph_proto::node): inner.push_back(read_node(message.get_message())); break;
          case bytes(graph_proto::output): mark(read_value_info(message.get_message()).name); break;
          default: message.skip();
        }
      for_each_node(inner, depth + 1, see, mark);
    }
  }
}

bool is_constant(const RawNode& raw) { return raw.op_type == "Constant" && is_default_domain(raw.domain); }

// As OpDef::name. What has a dot in its name is none that the default domain has.
std::string full_name(const RawNode& raw) {
  if (!is_default_domain(raw.domain)) return text("{}.{}", raw.domain, raw.op_type);
  return text("{}{}", raw.op_type.contains('.') ? "ai.onnx." : "", raw.op_type);
}

// The operator of a file that is called so, or null: those of Octavo's own exist only between passes.
const OpDef* file_operator(std::string_view name) {
  return name.starts_with(kOwnPrefix) ? nullptr : find_op(name);
}

// Lists operators that are not supported, each once.
class MissingOperators {
 public:
  void see(const RawNode& raw) {
    const std::string name = full_name(raw);
    const Upgrade* const row = find_upgrade(name);
    if (is_constant(raw) || (row && row->since != 0) || file_operator(name) || !seen_.take(name)) return;
    names_ += text("{}{}", count_++ == 0 ? "" : ", ", name);
  }
  // One alone is reported at its node.
  void report(int64_t opset) const {
    if (count_ > 1)
      fail(ErrorCode::unsupported, "these operators are not supported (opset {}): {}", opset, names_);
  }

 private:
  Names seen_;
  std::string names_;
  int count_ = 0;
};

class GraphReader {
 public:
  // `overrides`: null where no initializer may be overridden. `outer`: of the graph around a body, from which it may
  // take values.
  GraphReader(int64_t opset, BigTensors& big, TensorBytes& sizes, Overrides* overrides,
              GraphReader* outer = nullptr)
      : big_(big),
        sizes_(sizes),
        overrides_(overrides),
        outer_(outer),
        depth_(outer ? outer->depth_ + 1 : 0) {
    draft_.opset = opset;
  }

  Graph read(pbf_reader message) {
    read_fields(message);
    if (overrides_ != nullptr)
      for (const ValueInfo& input : inputs_) symbols_[input.name].input = &input;
    for (const auto& reader : initializers_) add_initializer(reader);
    if (overrides_ != nullptr) overrides_->check_names();
    for (const ValueInfo& input : inputs_) add_input(input);
    for (const RawNode& raw : raw_nodes_) add_node_outputs(raw);
    for (RawNode& raw : raw_nodes_)
      if (!is_constant(raw)) add_node(raw);
    for (const ValueInfo& output : outputs_) add_output(output);
    if (outer_ == nullptr) cast_borders();
    draft_.graph.inputs.insert(draft_.graph.inputs.end(), captured_inputs_.begin(), captured_inputs_.end());
    sort_nodes(draft_.graph);
    verify(draft_.graph);
    return std::move(draft_.graph);
  }

 private:
  // Fields may come in any order, so names are looked up only after all of them were seen.
  void read_fields(pbf_reader message) {
    while (next_field(message)) switch (message.tag_and_type()) {
        case bytes(graph_proto::node): raw_nodes_.push_back(read_node(message.get_message())); break;
        case bytes(graph_proto::name): draft_.graph.name = read_string(message); break;
        case bytes(graph_proto::initializer): initializers_.push_back(message.get_message()); break;
        case bytes(graph_proto::input): inputs_.push_back(read_value_info(message.get_message())); break;
        case bytes(graph_proto::output): outputs_.push_back(read_value_info(message.get_message())); break;
        case bytes(graph_proto::value_info): {
          const ValueInfo info = read_value_info(message.get_message());
          symbols_[info.name].info = info;
          break;
        }
        case bytes(graph_proto::sparse_initializer):
          fail(ErrorCode::unsupported, "sparse initializers are not supported");
        default: message.skip();
      }
    MissingOperators missing;
    const auto mark = [&](std::string_view name) { symbols_[name].is_used = true; };
    const auto see = [&](const RawNode& node) {
      std::ranges::for_each(node.inputs, mark);
      mark_integers(node);
      missing.see(node);
    };
    for_each_node(raw_nodes_, depth_, see, mark);
    missing.report(draft_.opset);
    for (const ValueInfo& output : outputs_) {
      symbols_[output.name].is_used = true;
      if (output.has_type) symbols_[output.name].info = output;
    }
    require(!outputs_.empty(), ErrorCode::invalid_model, "the model has no outputs");
  }

  // What the node says of the tensors that it reads.
  void mark_integers(const RawNode& node) {
    const bool is_product = node.op_type == "MatMulNBits";
    if (!is_product && !node.op_type.ends_with("uantizeLinear")) return;
    const std::size_t first = is_product ? 2 : 1;
    for (std::size_t i = first; i < std::min(node.inputs.size(), first + 2); ++i)
      symbols_[node.inputs[i]].is_qparam = true;
    if (is_product && node.inputs.size() > 1)
      symbols_[node.inputs[1]].is_packed = node.attrs.get_int("bits", 4) == 4;
  }

  Symbol& define(std::string_view name, Symbol::Source source) {
    Symbol& symbol = symbols_[name];
    require(!name.empty(), ErrorCode::invalid_model, "a graph input or initializer has no name");
    require(symbol.source == Symbol::Source::none, ErrorCode::invalid_model,
            "the value '{}' is defined twice", name);
    symbol.source = source;
    draft_.value_names.take(name);
    return symbol;
  }

  void add_constant(Symbol& symbol, std::string_view name, ConstantTensor tensor) {
    symbol.id = draft_.graph.add_constant(std::string(name), std::move(tensor));
  }

  // Of a Constant node, whose 16-bit floats count as float32.
  void add_constant(Symbol& symbol, const RawNode& raw) {
    ConstantTensor tensor = constant_value(raw.attrs);
    sizes_.add(data_type_of(tensor->dtype()), symbol.is_qparam, tensor->shape().elements());
    add_constant(symbol, raw.outputs[0], std::move(tensor));
  }

  // 16-bit floats are float32 inside of a graph: see onnx/half_border.h.
  void add_value(Symbol& symbol, std::string_view name) {
    Value value;
    value.name = name;
    int64_t type = 0;
    if (symbol.info.has_type) type = read_type(symbol.info.type, value);
    if (is_half(value.dtype)) value.dtype = DType::f32;
    symbol.id = draft_.graph.add_value(std::move(value));
    if (is_nibble(type)) draft_.nibbles[symbol.id] = type;
  }

  // Once every name of the file is known, so that none is taken twice.
  void cast_borders() {
    for (const auto* list : {&inputs_, &outputs_})
      for (const ValueInfo& info : *list) {
        const Symbol& symbol = symbols_[info.name];
        Value declared;
        if (symbol.info.has_type) read_type(symbol.info.type, declared);
        if (symbol.id != kNoValue && is_half(declared.dtype)) cast_border(draft_, symbol.id, *declared.dtype);
      }
  }

  void add_initializer(const pbf_reader& reader) {
    const std::string_view name = read_tensor_name(reader);
    Symbol& symbol = define(name, Symbol::Source::initializer);
    if (!symbol.is_used) return;
    ConstantTensor tensor = read_tensor(reader, text("initializer '{}'", name), &big_);
    const int64_t type = read_data_type(reader), elements = tensor->shape().elements();
    if (symbol.is_packed)
      sizes_.add(kUint4, false, 2 * elements);
    else
      sizes_.add(type, symbol.is_qparam, elements);
    if (symbol.input != nullptr) tensor = overrides_->apply(*symbol.input, std::move(tensor));
    add_constant(symbol, name, std::move(tensor));
    if (is_nibble(type)) draft_.nibbles[symbol.id] = type;
  }

  // Before IR version 4 every initializer was listed as an input too, and many a converter still does so. It is a
  // constant: weights are quantized and packed. From then on it may be another one: see Overrides.
  void add_input(const ValueInfo& input) {
    if (symbols_[input.name].source == Symbol::Source::initializer) return;
    require(input.has_type || outer_ != nullptr, ErrorCode::invalid_model, "the input '{}' has no type",
            input.name);
    Symbol& symbol = define(input.name, Symbol::Source::input);
    symbol.info = input;
    add_value(symbol, input.name);
    require(draft_.graph[symbol.id].dtype || outer_ != nullptr, ErrorCode::invalid_model,
            "the input '{}' has no type", input.name);
    draft_.graph.inputs.push_back(symbol.id);
  }

  void add_node_outputs(const RawNode& raw) try {
    const OpDef* op = find_op(full_name(raw));
    const auto computed = static_cast<std::size_t>(op == nullptr ? 1 : op->min_outputs);
    for (std::size_t i = 0; i < raw.outputs.size(); ++i) {
      const std::string_view name = raw.outputs[i];
      if (name.empty()) continue;
      Symbol& symbol = define(name, Symbol::Source::node);
      if (is_constant(raw)) {
        require(i == 0, ErrorCode::unsupported, "output {} is not supported", i);
        if (symbol.is_used) add_constant(symbol, raw);
      } else if (symbol.is_used || i < computed) {
        add_value(symbol, name);
      }
    }
  } catch (Error& error) {
    error.at_node(raw.name, raw.op_type);
    throw;
  }

  // The value a node reads or computes; kNoValue where it is left out or nobody reads it.
  ValueId find(std::string_view name) {
    if (name.empty()) return kNoValue;
    Symbol& symbol = symbols_[name];
    if (symbol.source == Symbol::Source::none && outer_ != nullptr) capture(symbol, name);
    require(symbol.source != Symbol::Source::none, ErrorCode::invalid_model,
            "reads '{}', which nothing computes", name);
    return symbol.id;
  }

  // Takes a value of the graphs around this one: a constant as it is, anything else as one more input.
  void capture(Symbol& symbol, std::string_view name) {
    const ValueId outside = outer_->find(name);
    const Value& value = outer_->draft_.graph[outside];
    if (value.is_constant()) {
      symbol.id = draft_.graph.add_constant(std::string(name), value.constant);
    } else {
      Value input = value;
      input.name = name;
      symbol.id = draft_.graph.add_value(std::move(input));
      captured_inputs_.push_back(symbol.id);
      captured_.push_back(outside);
    }
    symbol.source = Symbol::Source::input;
    draft_.value_names.take(name);
  }

  // The bodies that the operator declares. What they take from this graph becomes inputs of the node.
  void read_bodies(const RawNode& raw, Node& node) {
    const auto is_graph = [](const AttrDef& attribute) { return attribute.kind == AttrKind::graph; };
    for (const auto& [name, message] : raw.bodies) {
      const AttrDef* known = find_attribute(node.op->attributes, name);
      require(known != nullptr && is_graph(*known), ErrorCode::unsupported,
              "attribute '{}' holds a graph, which is not supported", name);
    }
    // Behind the inputs that the operator has of its own, of which at most the first two may be left out.
    if (std::ranges::any_of(node.op->attributes, is_graph))
      node.inputs.resize(std::max<std::size_t>(node.inputs.size(), std::min(node.op->max_inputs, 2)),
                         kNoValue);
    for (const AttrDef& attribute : node.op->attributes) {
      if (!is_graph(attribute)) continue;
      const auto body =
          std::ranges::find_if(raw.bodies, [&](const auto& b) { return attribute.name == b.first; });
      require(body != raw.bodies.end(), ErrorCode::invalid_graph, "attribute '{}' is missing",
              attribute.name);
      GraphReader reader(draft_.opset, big_, sizes_, nullptr, this);
      Subgraph subgraph;
      subgraph.graph = reader.read(body->second);
      subgraph.first_capture = static_cast<uint32_t>(node.inputs.size());
      subgraph.captures = static_cast<uint32_t>(reader.captured_.size());
      node.inputs.insert(node.inputs.end(), reader.captured_.begin(), reader.captured_.end());
      node.subgraphs.push_back(std::move(subgraph));
    }
  }

  std::vector<ValueId> find_all(const std::vector<std::string_view>& names) {
    std::vector<ValueId> ids;
    ids.reserve(names.size());
    for (std::string_view name : names) ids.push_back(find(name));
    trim(ids);
    return ids;
  }

  void add_node(RawNode& raw) {
    DraftNode node{std::string(raw.op_type), {}, raw.outputs.size()};
    node.node.name = draft_.node_names.take_unique(raw.name.empty() ? raw.op_type : raw.name);
    try {
      node.op_type = full_name(raw);
      node.node.attrs = std::move(raw.attrs);
      node.node.notes = raw.notes;
      node.node.inputs = find_all(raw.inputs);
      node.node.outputs = find_all(raw.outputs);
      upgrade(draft_, node);
      node.node.op = &known_operator(node.op_type, node.op_type == full_name(raw));
      check_attributes(node.node);
      check_inputs(node.node);
      read_bodies(raw, node.node);
      give_outputs(node.node);
      check_outputs(node.node);
    } catch (Error& error) {
      error.at_node(node.node.name, raw.op_type);
      throw;
    }
    draft_.push(std::move(node.node));
  }

  // An upgrade may have taken a younger operator than the file could.
  const OpDef& known_operator(std::string_view name, bool is_of_file) const {
    const OpDef* op = file_operator(name);
    const std::size_t dot = name.rfind('.');
    if (op == nullptr && dot != name.npos)
      fail(ErrorCode::unsupported, "this operator of the domain '{}' is not supported", name.substr(0, dot));
    require(op != nullptr, ErrorCode::unsupported, "this operator is not supported (opset {})", draft_.opset);
    require(!op->is_default_domain() || !is_of_file || draft_.opset >= op->since, ErrorCode::invalid_graph,
            "this operator came with opset {}; the file is of opset {}", op->since, draft_.opset);
    return *op;
  }

  // What an operator always computes has a place, also where the file leaves it out.
  void give_outputs(Node& node) {
    const auto computed = std::min<std::size_t>(node.op->min_outputs, node.outputs.size());
    for (std::size_t i = 0; i < computed; ++i) {
      if (node.outputs[i] != kNoValue) continue;
      node.outputs[i] =
          draft_.graph.add_value({.name = draft_.value_names.take_unique(text("{}_unused", node.name))});
    }
  }

  static void check_outputs(const Node& node) {
    const OpDef& op = *node.op;
    const auto outputs = static_cast<int64_t>(node.outputs.size());
    require(outputs >= op.min_outputs, ErrorCode::invalid_graph, "has {} outputs, but needs {}", outputs,
            op.min_outputs);
    require(outputs <= op.max_outputs, ErrorCode::unsupported, "output {} is not supported", outputs - 1);
  }

  void add_output(const ValueInfo& output) {
    if (outer_ != nullptr) find(output.name);
    const Symbol& symbol = symbols_[output.name];
    require(symbol.id != kNoValue, ErrorCode::invalid_model, "the output '{}' is never computed",
            output.name);
    require(listed_outputs_.take(output.name), ErrorCode::invalid_model, "the output '{}' is listed twice",
            output.name);
    draft_.graph.outputs.push_back(symbol.id);
  }

  BigTensors& big_;
  TensorBytes& sizes_;
  Overrides* overrides_;
  GraphReader* outer_;
  int depth_;
  // What a body takes from the graph around it: its own input, and the value out there.
  std::vector<ValueId> captured_inputs_, captured_;
  Draft draft_;
  std::vector<RawNode> raw_nodes_;
  std::vector<pbf_reader> initializers_;
  std::vector<ValueInfo> inputs_, outputs_;
  std::map<std::string_view, Symbol> symbols_;
  Names listed_outputs_;
};

}  // namespace

void read_graph(pbf_reader message, Model& model, BigTensors& big,
                std::span<const NamedTensor> initializers) {
  Overrides overrides(initializers, model.overridable_initializers);
  // Older files list every initializer and mean a constant.
  const bool has_defaults = model.ir_version >= 4;
  if (!has_defaults) overrides.check_names();
  model.graph =
      GraphReader(model.opset, big, model.tensor_bytes, has_defaults ? &overrides : nullptr).read(message);
}

}  // namespace octavo::onnx
