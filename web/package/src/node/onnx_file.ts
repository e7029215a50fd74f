// What an ONNX file says of itself, of whatever operators it is: for files that no engine runs. Field numbers are those of
// onnx.proto.
import { PbfReader } from 'pbf';
import { messageOf } from '../error.js';
import type { ValueDescription } from '../native.js';
import { elementTypes } from '../tensor.js';
import { contentError } from './files.js';

/** As `ModelDescription`, of the nodes as they stand in the file, those of bodies included. */
export interface FileDescription {
  opset: number;
  irVersion: number;
  producer: string;
  inputs: ValueDescription[];
  outputs: ValueDescription[];
  parameters: number;
  operators: Record<string, number>;
  metadata: Record<string, string>;
}

interface Graph {
  inputs: ValueDescription[];
  outputs: ValueDescription[];
  constants: Set<string>;
}

interface Draft extends Graph {
  opset: number;
  irVersion: number;
  producer: string;
  parameters: number;
  operators: Map<string, number>;
  metadata: Map<string, string>;
}

type ReadField<T> = (tag: number, result: T, reader: PbfReader) => void;

const wireTypes = { varint: 0, bytes: 2 };

/** The message of the current field. PbfReader itself would go on behind the end of a file that is cut. */
function readMessage<T>(reader: PbfReader, readField: ReadField<T>, result: T): T {
  if (reader.type !== wireTypes.bytes) return result;
  const end = reader.readVarint() + reader.pos;
  if (end > reader.length) throw new Error('a message is cut');
  return reader.readFields(readField, result, end);
}

const readText = (reader: PbfReader) => (reader.type === wireTypes.bytes ? reader.readString() : '');
const readNumber = (reader: PbfReader) => (reader.type === wireTypes.varint ? reader.readVarint(true) : 0);

/** One field of whole numbers, which may be packed. */
function readNumbers(reader: PbfReader, sink: (number: number) => void): void {
  if (reader.type === wireTypes.varint) return sink(reader.readVarint(true));
  if (reader.type !== wireTypes.bytes) return;
  const end = reader.readVarint() + reader.pos;
  if (end > reader.length) throw new Error('a list is cut');
  while (reader.pos < end) sink(reader.readVarint(true));
}

const dataTypes = new Map([
  ...Object.entries(elementTypes).map(([type, { onnx }]) => [onnx as number, type] as const),
  [8, 'string'] as const,
]);
/** The members of TypeProto beside tensors. */
const otherTypes = new Map([
  [4, 'sequence'],
  [5, 'map'],
  [7, 'opaque'],
  [8, 'sparse tensor'],
  [9, 'optional'],
]);

const readDimension: ReadField<{ size: number | string }> = (tag, dim, reader) => {
  if (tag === 1) {
    const size = readNumber(reader);
    if (size > 0) dim.size = size;
  } else if (tag === 2) dim.size = readText(reader) || '?';
};

const readShape: ReadField<(number | string)[]> = (tag, dims, reader) => {
  if (tag === 1) dims.push(readMessage(reader, readDimension, { size: '?' }).size);
};

const readTensorType: ReadField<ValueDescription> = (tag, value, reader) => {
  if (tag === 1) {
    const type = readNumber(reader);
    value.type = dataTypes.get(type) ?? `data type ${type}`;
  } else if (tag === 2) value.dims = readMessage(reader, readShape, []);
};

const readType: ReadField<ValueDescription> = (tag, value, reader) => {
  if (tag === 1) readMessage(reader, readTensorType, value);
  else value.type = otherTypes.get(tag) ?? value.type;
};

const readValue: ReadField<ValueDescription> = (tag, value, reader) => {
  if (tag === 1) value.name = readText(reader);
  else if (tag === 2) readMessage(reader, readType, value);
};

interface TensorHeader {
  name: string;
  dataType: number;
  elements: number;
}

const readTensorHeader: ReadField<TensorHeader> = (tag, tensor, reader) => {
  if (tag === 1) readNumbers(reader, (dim) => (tensor.elements *= Math.max(0, dim)));
  else if (tag === 2) tensor.dataType = readNumber(reader);
  else if (tag === 8) tensor.name = readText(reader);
};

/** Integers of 64 bits only shape, and texts are no parameters. */
const noParameters = [7, 8];

function countTensor(draft: Draft, reader: PbfReader): string {
  const { name, dataType, elements } = readMessage(reader, readTensorHeader, {
    name: '',
    dataType: 0,
    elements: 1,
  });
  if (dataType !== 0 && !noParameters.includes(dataType)) draft.parameters += elements;
  return name;
}

const readAttribute: ReadField<Draft> = (tag, draft, reader) => {
  if (tag === 5) countTensor(draft, reader);
  else if (tag === 6 || tag === 11)
    readMessage(reader, readGraph, {
      draft,
      graph: { inputs: [], outputs: [], constants: new Set<string>() },
    });
};

const readNode: ReadField<{ draft: Draft; type: string; domain: string }> = (tag, node, reader) => {
  if (tag === 4) node.type = readText(reader);
  else if (tag === 7) node.domain = readText(reader);
  else if (tag === 5) readMessage(reader, readAttribute, node.draft);
};

/** As the engine names an operator. */
export const operatorName = ({ domain, type }: { domain: string; type: string }) =>
  domain === '' || domain === 'ai.onnx' ? type : `${domain}.${type}`;

function readGraph(tag: number, { draft, graph }: { draft: Draft; graph: Graph }, reader: PbfReader): void {
  if (tag === 1) {
    const name = operatorName(readMessage(reader, readNode, { draft, type: '', domain: '' }));
    draft.operators.set(name, (draft.operators.get(name) ?? 0) + 1);
  } else if (tag === 5) graph.constants.add(countTensor(draft, reader));
  else if (tag === 11 || tag === 12)
    graph[tag === 11 ? 'inputs' : 'outputs'].push(
      readMessage(reader, readValue, { name: '', type: 'unknown type' }),
    );
}

const readEntry: ReadField<{ key: string; value: string }> = (tag, entry, reader) => {
  if (tag === 1) entry.key = readText(reader);
  else if (tag === 2) entry.value = readText(reader);
};

const readOpset: ReadField<{ domain: string; version: number }> = (tag, opset, reader) => {
  if (tag === 1) opset.domain = readText(reader);
  else if (tag === 2) opset.version = readNumber(reader);
};

const readModel: ReadField<Draft> = (tag, draft, reader) => {
  if (tag === 1) draft.irVersion = readNumber(reader);
  else if (tag === 2) draft.producer = readText(reader);
  else if (tag === 7) readMessage(reader, readGraph, { draft, graph: draft });
  else if (tag === 8) {
    const { domain, version } = readMessage(reader, readOpset, { domain: '', version: 0 });
    if (domain === '' || domain === 'ai.onnx') draft.opset = version;
  } else if (tag === 14) {
    const { key, value } = readMessage(reader, readEntry, { key: '', value: '' });
    draft.metadata.set(key, value);
  }
};

/** @throws OctavoError `InvalidData` for what is no whole model */
export function describeOnnxFile(path: string, bytes: Uint8Array): FileDescription {
  const draft: Draft = {
    ...{ opset: 0, irVersion: 0, producer: '', parameters: 0, operators: new Map(), metadata: new Map() },
    ...{ inputs: [], outputs: [], constants: new Set<string>() },
  };
  try {
    new PbfReader(bytes).readFields(readModel, draft);
  } catch (error) {
    throw contentError(path, `is no whole ONNX model: ${messageOf(error)}`, error);
  }
  const { constants, operators, metadata, inputs, ...facts } = draft;
  return {
    ...facts,
    inputs: inputs.filter(({ name }) => !constants.has(name)),
    operators: Object.fromEntries(operators),
    metadata: Object.fromEntries(metadata),
  };
}
