// Random small networks that are valid: chains of operators, with branches, on tensors of a few hundred elements.
import { onnxFile } from './onnx_model.mjs';

/** Builds one network; each operator below adds nodes that read the value it is given, and returns what they make. */
class Builder {
  nodes = [];
  constants = [];

  constructor(random) {
    this.random = random;
  }

  #name(prefix) {
    return `${prefix}${this.nodes.length + this.constants.length}`;
  }

  node(op, inputs, dims, attributes = {}) {
    const name = this.#name(op);
    const names = inputs.map((input) => (typeof input === 'string' ? input : input.name));
    this.nodes.push({ op, name, inputs: names, outputs: [`${name}_out`], attributes });
    return { name: `${name}_out`, dims };
  }

  floats(dims, scale = 1) {
    const count = dims.reduce((product, dim) => product * dim, 1);
    const data = Float32Array.from({ length: count }, () => (this.random.below(2001) / 1000 - 1) * scale);
    return this.constant({ dims, data });
  }

  integers(values) {
    return this.constant({ type: 'int64', dims: [values.length], data: BigInt64Array.from(values, BigInt) });
  }

  constant(tensor) {
    const constant = { ...tensor, name: this.#name('c') };
    this.constants.push(constant);
    return constant;
  }
}

const activations = [
  'Relu',
  'Sigmoid',
  'Tanh',
  'HardSwish',
  'HardSigmoid',
  'LeakyRelu',
  'Exp',
  'Sqrt',
  'Identity',
];

function conv(builder, x) {
  const { below, pick } = builder.random;
  const [n, c, h, w] = x.dims;
  const size = Math.min(pick([1, 2, 3]), h, w);
  const depthwise = below(3) === 0;
  const out = depthwise ? c : pick([1, 3, 4, 8]);
  const pad = below(2);
  const stride = 1 + below(2);
  const sized = (length) => Math.floor((length + 2 * pad - size) / stride) + 1;
  const weight = builder.floats([out, depthwise ? 1 : c, size, size]);
  const bias = below(2) ? [builder.floats([out])] : [];
  return builder.node('Conv', [x, weight, ...bias], [n, out, sized(h), sized(w)], {
    kernel_shape: [size, size],
    pads: [pad, pad, pad, pad],
    strides: [stride, stride],
    group: depthwise ? c : 1,
  });
}

function pool(builder, x) {
  const { pick } = builder.random;
  const [n, c, h, w] = x.dims;
  const size = Math.min(2, h, w);
  const dims = [n, c, h - size + 1, w - size + 1];
  return builder.node(pick(['MaxPool', 'AveragePool']), [x], dims, { kernel_shape: [size, size] });
}

function globalPool(builder, x) {
  return builder.node(
    builder.random.pick(['GlobalAveragePool', 'GlobalMaxPool']),
    [x],
    [...x.dims.slice(0, 2), 1, 1],
  );
}

function batchNormalization(builder, x) {
  const parts = Array.from({ length: 4 }, () => builder.floats([x.dims[1]]));
  parts[3].data = parts[3].data.map(Math.abs);
  return builder.node('BatchNormalization', [x, ...parts], x.dims);
}

function flatten(builder, x) {
  const [n, ...rest] = x.dims;
  return builder.node('Flatten', [x], [n, rest.reduce((product, dim) => product * dim, 1)]);
}

function dense(builder, x) {
  const { below, pick } = builder.random;
  const depth = x.dims.at(-1);
  const width = pick([1, 4, 10]);
  const dims = [...x.dims.slice(0, -1), width];
  if (below(2)) return builder.node('MatMul', [x, builder.floats([depth, width])], dims);
  return builder.node('Gemm', [x, builder.floats([width, depth]), builder.floats([width])], dims, {
    transB: 1,
  });
}

function binary(builder, x) {
  const { below, pick } = builder.random;
  const other = below(2)
    ? x
    : builder.floats(pick([[1], x.dims, x.dims.map((dim, axis) => (axis === 1 ? dim : 1))]));
  return builder.node(pick(['Add', 'Sub', 'Mul', 'Div']), [x, other], x.dims);
}

function activation(builder, x) {
  const op = builder.random.pick(activations);
  if (op === 'HardSwish')
    return builder.node('HardSigmoid', [x], x.dims, { alpha: { float: 1 / 6 }, beta: { float: 0.5 } });
  return builder.node(op, [x], x.dims);
}

function clip(builder, x) {
  const limit = (value) => builder.constant({ dims: [], data: Float32Array.of(value) });
  return builder.node('Clip', [x, limit(0), limit(6)], x.dims);
}

function concat(builder, x) {
  const dims = x.dims.map((dim, axis) => (axis === 1 ? 2 * dim : dim));
  return builder.node('Concat', [x, x], dims, { axis: 1 });
}

function transpose(builder, x) {
  const perm = builder.random.pick(
    x.dims.length === 4
      ? [
          [0, 2, 3, 1],
          [0, 3, 1, 2],
          [0, 1, 3, 2],
        ]
      : [[1, 0]],
  );
  return builder.node(
    'Transpose',
    [x],
    perm.map((axis) => x.dims[axis]),
    { perm },
  );
}

function slice(builder, x) {
  const dims = [...x.dims];
  dims[1] = Math.max(1, dims[1] - 1);
  return builder.node(
    'Slice',
    [x, builder.integers([0]), builder.integers([dims[1]]), builder.integers([1])],
    dims,
  );
}

function pad(builder, x) {
  const amounts = [...x.dims.map(() => 0), ...x.dims.map((_, axis) => (axis === x.dims.length - 1 ? 1 : 0))];
  const dims = x.dims.map((dim, axis) => dim + amounts[x.dims.length + axis]);
  return builder.node('Pad', [x, builder.integers(amounts)], dims);
}

function softmax(builder, x) {
  return builder.node('Softmax', [x], x.dims, { axis: x.dims.length - 1 });
}

function reduceMean(builder, x) {
  const dims = x.dims.map((dim, axis) => (axis === x.dims.length - 1 ? 1 : dim));
  return builder.node('ReduceMean', [x], dims, { axes: [-1], keepdims: 1 });
}

function reshapeByShape(builder, x) {
  const shape = builder.node('Shape', [x], [x.dims.length]);
  const all = [-1, x.dims.at(-1)];
  const last = builder.node('Gather', [shape, builder.integers([x.dims.length - 1])], [1]);
  const target = builder.node('Concat', [builder.integers([-1]), last], [2], { axis: 0 });
  const rows = x.dims.reduce((product, dim) => product * dim, 1) / all[1];
  return builder.node('Reshape', [x, target], [rows, all[1]]);
}

function quantizedTwin(builder, x) {
  const scale = builder.constant({ dims: [], data: Float32Array.of(0.02) });
  const zero = builder.constant({ type: 'uint8', dims: [], data: Uint8Array.of(128) });
  const q = builder.node('QuantizeLinear', [x, scale, zero], x.dims);
  return builder.node('DequantizeLinear', [q, scale, zero], x.dims);
}

const forAll = [binary, activation, clip, concat, transpose, slice, pad, softmax, reduceMean, quantizedTwin];
const forImages = [conv, conv, conv, pool, batchNormalization, globalPool, flatten, reshapeByShape];
const forRows = [dense, dense, dense];

/** A random network's file. */
export function smallModel(random) {
  const builder = new Builder(random);
  const dims = random.chance(3) ? [2, 8] : [1, random.pick([1, 3, 8]), random.pick([4, 6]), 5];
  const input = { name: 'x', dims };
  const values = [input];
  for (let steps = 1 + random.below(7); steps > 0; --steps) {
    const x = random.chance(3) ? random.pick(values) : values.at(-1);
    if (x.dims.reduce((product, dim) => product * dim, 1) > 3000) continue;
    const special = x.dims.length === 4 ? forImages : forRows;
    values.push(random.pick(random.chance(2) ? special : forAll)(builder, x));
  }
  const outputs = [values.at(-1), ...(random.chance(3) && values.length > 2 ? [values.at(-2)] : [])];
  const open = random.chance(4) ? { ...input, dims: ['batch', ...dims.slice(1)] } : input;
  return onnxFile({
    nodes: builder.nodes,
    constants: builder.constants,
    inputs: [random.chance(20) ? { name: 'x' } : open],
    outputs: outputs
      .filter(({ name }) => name !== 'x')
      .map(({ name, dims: sizes }) => ({ name, dims: sizes })),
  });
}
