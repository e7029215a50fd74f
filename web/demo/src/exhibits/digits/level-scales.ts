// What a network's file says of the steps between the levels that its weights are rounded to.
import { PbfReader } from 'pbf';

/** Of ONNX's ModelProto, GraphProto and TensorProto. */
const field = { graph: 7, initializer: 5, name: 8, rawData: 9 };

/** The messages in fields of that number. */
function messagesIn(message: Uint8Array, wanted: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  new PbfReader(message).readFields((tag, messages: Uint8Array[], reader) => {
    if (tag === wanted) messages.push(reader.readBytes());
  }, found);
  return found;
}

/** Each weight's scales, one a channel, by the weight's name: initializers called NAME_scale. */
export function levelScales(file: Uint8Array): Map<string, Float32Array> {
  const scales = new Map<string, Float32Array>();
  for (const graph of messagesIn(file, field.graph)) {
    for (const initializer of messagesIn(graph, field.initializer)) {
      const [called] = messagesIn(initializer, field.name);
      const [raw] = messagesIn(initializer, field.rawData);
      const [, name] = /^(.*)_scale$/.exec(new TextDecoder().decode(called)) ?? [];
      if (name !== undefined && raw) scales.set(name, new Float32Array(raw.slice().buffer));
    }
  }
  return scales;
}
