// Writes ONNX models. Field numbers are those of onnx.proto.
import { PbfWriter } from 'pbf';

const dataTypes = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7 };
const typeOfArray = new Map([
  [Float32Array, 'float32'],
  [Uint8Array, 'uint8'],
  [Int8Array, 'int8'],
  [Int32Array, 'int32'],
  [BigInt64Array, 'int64'],
]);

/** The name of a typed array's type, as tensors have it. */
export const typeOf = (data) => typeOfArray.get(data.constructor);

const versions = { '': 17, 'com.microsoft': 1 };

const bytesOf = (array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

function writeInitializer({ name, dims, data }, writer) {
  for (const dim of dims) writer.writeVarintField(1, dim);
  writer.writeVarintField(2, dataTypes[typeOf(data)]);
  writer.writeStringField(8, name);
  writer.writeBytesField(9, bytesOf(data));
}

function writeValueInfo({ name, type = 'float32', dims }, writer) {
  writer.writeStringField(1, name);
  writer.writeMessage(2, (_, valueType) => {
    valueType.writeMessage(1, (__, tensorType) => {
      tensorType.writeVarintField(1, dataTypes[type]);
      tensorType.writeMessage(2, (___, shape) => {
        for (const dim of dims) shape.writeMessage(1, (____, entry) => entry.writeVarintField(1, dim));
      });
    });
  });
}

/** Numbers are integers, lists lists of integers, text is a string. */
function writeAttribute([name, value], writer) {
  writer.writeStringField(1, name);
  if (Array.isArray(value)) {
    for (const x of value) writer.writeVarintField(8, x);
    writer.writeVarintField(20, 7);
  } else if (typeof value === 'string') {
    writer.writeStringField(4, value);
    writer.writeVarintField(20, 3);
  } else {
    writer.writeVarintField(3, value);
    writer.writeVarintField(20, 2);
  }
}

function writeNode({ op, domain, inputs, outputs, attributes = {}, metadata = {} }, writer) {
  for (const input of inputs) writer.writeStringField(1, input);
  for (const output of outputs) writer.writeStringField(2, output);
  writer.writeStringField(3, `${op}_${outputs[0]}`);
  writer.writeStringField(4, op);
  for (const entry of Object.entries(attributes)) writer.writeMessage(5, writeAttribute, entry);
  if (domain) writer.writeStringField(7, domain);
  for (const [key, value] of Object.entries(metadata)) {
    writer.writeMessage(9, (_, entry) => {
      entry.writeStringField(1, key);
      entry.writeStringField(2, value);
    });
  }
}

/**
 * The bytes of a model. Nodes are {op, domain, inputs, outputs, attributes, metadata} in topological order,
 * initializers {name, dims, data}, inputs and outputs {name, type, dims}.
 */
export function onnxModel({ nodes, initializers, inputs, outputs }) {
  const writer = new PbfWriter();
  writer.writeVarintField(1, 9);
  writer.writeMessage(7, (_, graph) => {
    for (const node of nodes) graph.writeMessage(1, writeNode, node);
    graph.writeStringField(2, 'bench');
    for (const initializer of initializers) graph.writeMessage(5, writeInitializer, initializer);
    for (const input of inputs) graph.writeMessage(11, writeValueInfo, input);
    for (const output of outputs) graph.writeMessage(12, writeValueInfo, output);
  });
  for (const domain of new Set(['', ...nodes.map((node) => node.domain ?? '')]))
    writer.writeMessage(8, (_, opset) => {
      opset.writeStringField(1, domain);
      opset.writeVarintField(2, versions[domain]);
    });
  return writer.finish();
}
