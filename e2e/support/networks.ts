// Networks that tests open: small ones that look at pictures, and int8 copies.
import { loadModel, type Model, type Tensor } from 'octavo';
import { inProject } from './paths.js';

interface Value {
  name: string;
  dims: (number | string)[];
}

interface Constant {
  name: string;
  dims: number[];
  data?: Float32Array;
  /** Of the elements, where they are in another file. */
  external?: { location: string };
}

interface Node {
  op: string;
  inputs: string[];
  outputs: string[];
  attributes?: Record<string, unknown>;
}

interface Graph {
  nodes: Node[];
  constants: Constant[];
  inputs: Value[];
  outputs: Value[];
}

const { onnxFile } = (await import(inProject('tests/package/support/onnx_model.mjs'))) as {
  onnxFile: (graph: Graph) => Uint8Array;
};

/** How a network wants its pictures. */
export interface Wish {
  /** Undefined: height and width are dynamic. */
  size?: number;
  layout?: 'NCHW' | 'NHWC';
  channels?: 1 | 3;
  /** No dimension of the input is said. */
  open?: boolean;
  /** The file that its matrix is in: `matrixFile`. */
  matrixIn?: string;
}

const classes = 10;

/** The file of a small network that tells ten classes apart: a convolution, an average, a matrix. */
export function pictureNetwork({
  size,
  layout = 'NCHW',
  channels = 3,
  open = false,
  matrixIn,
}: Wish): Buffer {
  const sides = size === undefined ? ['height', 'width'] : [size, size];
  const nchw = layout === 'NCHW';
  const nodes: Node[] = [
    { op: 'Conv', inputs: ['planes', 'kernel'], outputs: ['c'], attributes: { strides: [2, 2] } },
    { op: 'Relu', inputs: ['c'], outputs: ['r'] },
    { op: 'GlobalAveragePool', inputs: ['r'], outputs: ['a'] },
    { op: 'Flatten', inputs: ['a'], outputs: ['f'] },
    { op: 'Gemm', inputs: ['f', 'matrix'], outputs: ['logits'] },
  ];
  if (!nchw)
    nodes.unshift({
      op: 'Transpose',
      inputs: ['picture'],
      outputs: ['planes'],
      attributes: { perm: [0, 3, 1, 2] },
    });
  const input = nchw ? 'planes' : 'picture';
  const dims = nchw ? [1, channels, ...sides] : [1, ...sides, channels];
  const file = onnxFile({
    nodes,
    constants: [
      weights('kernel', [8, channels, 3, 3]),
      matrixIn === undefined ? matrix : { ...matrix, data: undefined, external: { location: matrixIn } },
    ],
    inputs: [{ name: input, dims: open ? ['a', 'b', 'c', 'd'] : dims }],
    outputs: [{ name: 'logits', dims: [1, classes] }],
  });
  return Buffer.from(file);
}

/** The same numbers in every run, between -1 and 1. */
function weights(name: string, dims: number[]) {
  const count = dims.reduce((product, size) => product * size, 1);
  return { name, dims, data: Float32Array.from({ length: count }, (_, i) => Math.sin(i * 12.9898 + 1)) };
}

const matrix = weights('matrix', [8, classes]);

/** What is in the file that a network keeps its matrix in. */
export const matrixFile = Buffer.from(matrix.data.buffer);

/** A network of the project in int8, as a file. */
export async function int8File(path: string, samples: readonly Tensor[]): Promise<Buffer> {
  const float = await loadModel(inProject(path));
  let int8: Model | undefined;
  try {
    int8 = await float.quantizeStatic({ calibration: samples });
    return Buffer.from(await int8.toOnnx());
  } finally {
    int8?.dispose();
    float.dispose();
  }
}
