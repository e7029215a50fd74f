// ONNX files as trees of protobuf fields: { number, wire, value }, where the value of a message is a list of fields.

const dim = {};
const shape = { 1: dim };
const tensorType = { 2: shape };
const type = { 1: tensorType };
const valueInfo = { 2: type };
const tensor = {};
const attribute = { 5: tensor };
const node = { 5: attribute };
const graph = { 1: node, 5: tensor, 11: valueInfo, 12: valueInfo, 13: valueInfo };
attribute[6] = graph;
const model = { 7: graph, 8: {} };

/** What kinds of messages there are. */
export const kinds = { model, graph, node, attribute, tensor, valueInfo, type, tensorType, shape, dim };

/** The tree of a file; undefined for bytes that are none. */
export function decodeOnnx(bytes) {
  return decode(bytes, model);
}

function decode(bytes, kind) {
  const fields = [];
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (at >= bytes.length) return undefined;
      const byte = bytes[at++];
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asUintN(64, value);
    }
    return undefined;
  };
  while (at < bytes.length) {
    const key = varint();
    if (key === undefined) return undefined;
    const number = Number(key >> 3n);
    const wire = Number(key & 7n);
    if (wire === 0) {
      const value = varint();
      if (value === undefined) return undefined;
      fields.push({ number, wire, value });
      continue;
    }
    const length = wire === 2 ? Number(varint() ?? -1) : { 1: 8, 5: 4 }[wire];
    if (!(length >= 0) || at + length > bytes.length) return undefined;
    const content = bytes.subarray(at, at + length);
    at += length;
    const inner = wire === 2 && kind[number] ? decode(content, kind[number]) : undefined;
    fields.push(
      inner ? { number, wire, value: inner, kind: kind[number] } : { number, wire, value: content },
    );
  }
  return fields;
}

export function encodeOnnx(fields) {
  return new Uint8Array(Buffer.concat(chunksOf(fields)));
}

function chunksOf(fields) {
  return fields.flatMap(({ number, wire, value }) => {
    const key = varintBytes((BigInt(number) << 3n) | BigInt(wire));
    if (wire === 0) return [key, varintBytes(value)];
    const content = Array.isArray(value) ? Buffer.concat(chunksOf(value)) : value;
    return wire === 2 ? [key, varintBytes(BigInt(content.length)), content] : [key, content];
  });
}

function varintBytes(value) {
  const bytes = [];
  for (let rest = BigInt.asUintN(64, value); ; rest >>= 7n) {
    if (rest < 128n) return Uint8Array.from([...bytes, Number(rest)]);
    bytes.push(Number(rest & 127n) | 128);
  }
}

/** All messages of a tree, the whole included, as { fields, kind }. */
export function messagesOf(fields, kind = model) {
  const inner = fields.filter(({ value }) => Array.isArray(value));
  return [{ fields, kind }, ...inner.flatMap((field) => messagesOf(field.value, field.kind))];
}
