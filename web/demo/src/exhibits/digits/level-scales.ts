// What a network's file says of the steps between the levels that its weights are rounded to.

type Fields = Generator<{ field: number; bytes: Uint8Array }>;

/** The fields of a protobuf message that have a length; others are passed over. */
function* fieldsOf(message: Uint8Array): Fields {
  let at = 0;
  const varint = () => {
    let [value, factor] = [0, 1];
    for (;;) {
      const byte = message[at++] ?? 0;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      factor *= 128;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const kind = tag & 7;
    if (kind === 0) varint();
    else if (kind === 1) at += 8;
    else if (kind === 5) at += 4;
    else {
      const length = varint();
      yield { field: tag >>> 3, bytes: message.subarray(at, at + length) };
      at += length;
    }
  }
}

/** Of ONNX's ModelProto, GraphProto and TensorProto. */
const field = { graph: 7, initializer: 5, name: 8, rawData: 9 };

/** Each weight's scales, one a channel, by the weight's name: initializers called NAME_scale. */
export function levelScales(file: Uint8Array): Map<string, Float32Array> {
  const scales = new Map<string, Float32Array>();
  for (const graph of fieldsOf(file)) {
    if (graph.field !== field.graph) continue;
    for (const initializer of fieldsOf(graph.bytes)) {
      if (initializer.field !== field.initializer) continue;
      const parts = new Map([...fieldsOf(initializer.bytes)].map((part) => [part.field, part.bytes]));
      const [, name] = /^(.*)_scale$/.exec(new TextDecoder().decode(parts.get(field.name))) ?? [];
      const raw = parts.get(field.rawData);
      if (name !== undefined && raw) scales.set(name, new Float32Array(raw.slice().buffer));
    }
  }
  return scales;
}
