// Writes .tflite files: flatbuffers of TensorFlow Lite's schema, version 3. Field numbers are those of schema.fbs.
import { Builder } from 'flatbuffers';

export const tensorTypes = { float32: 0, int32: 2, int8: 9 };
export const operators = {
  CONV_2D: 3,
  DEPTHWISE_CONV_2D: 4,
  DEQUANTIZE: 6,
  FULLY_CONNECTED: 9,
  QUANTIZE: 114,
};

class Writer {
  builder = new Builder(1 << 20);

  /** A table of fields {number: value}; a value is [kind, value], kind a Builder method's ending: Int8, Int32, Offset. */
  table(fields) {
    const { builder } = this;
    const numbers = Object.keys(fields).map(Number);
    builder.startObject(Math.max(-1, ...numbers) + 1);
    for (const number of numbers) {
      const [kind, value] = fields[number];
      // Written though it may be the default, which is null for no value here.
      builder.forceDefaults(kind !== 'Offset');
      builder[`addField${kind}`](number, value, 0);
      builder.forceDefaults(false);
    }
    return builder.endObject();
  }

  vector(kind, bytes, values) {
    const { builder } = this;
    builder.startVector(bytes, values.length, bytes);
    for (let i = values.length - 1; i >= 0; --i) builder[`add${kind}`](values[i]);
    return builder.endVector();
  }

  offsets = (values) => this.vector('Offset', 4, values);
  int32s = (values) => this.vector('Int32', 4, values);
  float32s = (values) => this.vector('Float32', 4, values);
  int64s = (values) => this.vector('Int64', 8, values.map(BigInt));

  /** Bytes, aligned as kernels expect them. */
  bytes(array) {
    const { builder } = this;
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    builder.startVector(1, bytes.length, 16);
    builder.space -= bytes.length;
    builder.bb.bytes().set(bytes, builder.space);
    return builder.endVector();
  }
}

function writeTensor(writer, { name, type, dims, quantization }, buffer) {
  const fields = {
    0: ['Offset', writer.int32s(dims)],
    1: ['Int8', tensorTypes[type]],
    2: ['Int32', buffer],
    3: ['Offset', writer.builder.createString(name)],
  };
  if (quantization) {
    const { scale, zero, axis = 0 } = quantization;
    const scales = writer.float32s(scale);
    const zeros = writer.int64s(zero);
    const table = { 2: ['Offset', scales], 3: ['Offset', zeros], 6: ['Int32', axis] };
    fields[4] = ['Offset', writer.table(table)];
  }
  return writer.table(fields);
}

/** Operators {code, version, inputs, outputs, options: {type, fields}} refer to tensors by index. */
function writeOperator(writer, { inputs, outputs, options }, index) {
  const fields = {
    0: ['Int32', index],
    1: ['Offset', writer.int32s(inputs)],
    2: ['Offset', writer.int32s(outputs)],
  };
  if (options) {
    fields[3] = ['Int8', options.type];
    fields[4] = ['Offset', writer.table(options.fields)];
  }
  return writer.table(fields);
}

/** The bytes of a model of one subgraph. Tensors are {name, type, dims, data, quantization: {scale, zero, axis}}. */
export function tfliteModel({ tensors, nodes, inputs, outputs }) {
  const writer = new Writer();
  const buffers = [writer.table({})];
  const bufferOf = tensors.map(({ data }) => {
    if (!data) return 0;
    const bytes = writer.bytes(data);
    return buffers.push(writer.table({ 0: ['Offset', bytes] })) - 1;
  });
  const bufferVector = writer.offsets(buffers);
  const tensorVector = writer.offsets(tensors.map((tensor, i) => writeTensor(writer, tensor, bufferOf[i])));
  const nodeVector = writer.offsets(nodes.map((node, i) => writeOperator(writer, node, i)));
  const graph = {
    0: ['Offset', tensorVector],
    1: ['Offset', writer.int32s(inputs)],
    2: ['Offset', writer.int32s(outputs)],
    3: ['Offset', nodeVector],
    4: ['Offset', writer.builder.createString('main')],
  };
  const graphs = writer.offsets([writer.table(graph)]);
  const codes = nodes.map(({ code, version }) =>
    writer.table({ 0: ['Int8', code], 2: ['Int32', version], 3: ['Int32', code] }),
  );
  const model = {
    0: ['Int32', 3],
    1: ['Offset', writer.offsets(codes)],
    2: ['Offset', graphs],
    3: ['Offset', writer.builder.createString('bench')],
    4: ['Offset', bufferVector],
  };
  writer.builder.finish(writer.table(model), 'TFL3');
  return writer.builder.asUint8Array().slice();
}
