// Small ONNX models, put together for tests. Field numbers are those of onnx.proto.
import { PbfWriter } from 'pbf';
import { inner } from './package.mjs';

const { elementTypes } = await inner('tensor.js');

const attributeTypes = { float: 1, int: 2, string: 3, tensor: 4, graph: 5, floats: 6, ints: 7 };

/** Without `dims` its rank is unknown; a dimension that is a string has no fixed size. */
function writeValueInfo({ name, type = 'float32', dims }, writer) {
  writer.writeStringField(1, name);
  writer.writeMessage(2, (_, typeWriter) => {
    typeWriter.writeMessage(1, (__, tensorType) => {
      tensorType.writeVarintField(1, elementTypes[type].onnx);
      if (dims)
        tensorType.writeMessage(2, (___, shape) =>
          dims.forEach((dim) => shape.writeMessage(1, writeDim, dim)),
        );
    });
  });
}

function writeDim(dim, writer) {
  if (typeof dim === 'string') writer.writeStringField(2, dim);
  else writer.writeVarintField(1, dim);
}

/** `external`: { location, offset, length } of the elements in another file, instead of `data`. */
function writeTensor({ name = '', type = 'float32', dims, data, external }, writer) {
  for (const dim of dims) writer.writeVarintField(1, dim);
  writer.writeVarintField(2, elementTypes[type].onnx);
  writer.writeStringField(8, name);
  if (external) {
    for (const [key, value] of Object.entries(external))
      writer.writeMessage(13, (_, entry) => {
        entry.writeStringField(1, key);
        entry.writeStringField(2, String(value));
      });
    writer.writeVarintField(14, 1);
    return;
  }
  writer.writeBytesField(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

/** `value`: a whole number, a string, an array of whole numbers, { float }, { floats }, { nodes } of a graph, or a tensor. */
function writeAttribute([name, value], writer) {
  writer.writeStringField(1, name);
  const kind = kindOf(value);
  if (kind === 'int') writer.writeVarintField(3, value);
  else if (kind === 'string') writer.writeStringField(4, value);
  else if (kind === 'ints') for (const item of value) writer.writeVarintField(8, item);
  else if (kind === 'float') writer.writeFloatField(2, value.float);
  else if (kind === 'floats') for (const item of value.floats) writer.writeFloatField(7, item);
  else if (kind === 'graph') writer.writeMessage(6, writeGraph, value);
  else writer.writeMessage(5, writeTensor, value);
  writer.writeVarintField(20, attributeTypes[kind]);
}

function kindOf(value) {
  if (typeof value === 'number') return 'int';
  if (typeof value === 'string') return 'string';
  if (Array.isArray(value)) return 'ints';
  if ('float' in value) return 'float';
  if ('nodes' in value) return 'graph';
  return 'floats' in value ? 'floats' : 'tensor';
}

function writeNode({ op, domain = '', name = '', inputs, outputs, attributes = {} }, writer) {
  for (const input of inputs) writer.writeStringField(1, input);
  for (const output of outputs) writer.writeStringField(2, output);
  writer.writeStringField(3, name);
  writer.writeStringField(4, op);
  writer.writeStringField(7, domain);
  for (const attribute of Object.entries(attributes)) writer.writeMessage(5, writeAttribute, attribute);
}

function writeGraph({ nodes, constants = [], inputs, outputs }, writer) {
  for (const node of nodes) writer.writeMessage(1, writeNode, node);
  writer.writeStringField(2, 'graph');
  for (const constant of constants) writer.writeMessage(5, writeTensor, constant);
  for (const input of inputs) writer.writeMessage(11, writeValueInfo, input);
  for (const output of outputs) writer.writeMessage(12, writeValueInfo, output);
}

/** The file of a graph: { nodes, constants, inputs, outputs }. */
export function onnxFile(graph, opset = 17) {
  const writer = new PbfWriter();
  writer.writeVarintField(1, 8);
  writer.writeMessage(7, writeGraph, graph);
  writer.writeMessage(8, (_, opsetId) => {
    opsetId.writeStringField(1, '');
    opsetId.writeVarintField(2, opset);
  });
  return writer.finish();
}

/** A model of one node y = op(x) on float32 [1,4]. */
export function onnxModel({ op, node = 'node', opset }) {
  const dims = [1, 4];
  const graph = {
    nodes: [{ op, name: node, inputs: ['x'], outputs: ['y'] }],
    inputs: [{ name: 'x', dims }],
    outputs: [{ name: 'y', dims }],
  };
  return onnxFile(graph, opset);
}
