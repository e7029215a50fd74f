// A file in which BatchNormalization is still behind convolutions.
import { Tensor } from 'octavo';
import { onnxFile } from './onnx_model.mjs';

/** A network of Conv → BatchNormalization → Relu, twice, and a dense layer: its file, and samples of three classes. */
export function normalizedNetwork() {
  let seed = 1;
  const noise = () => ((seed = (seed * 48271) % 2147483647) / 2147483647 - 0.5) * 2;
  const constants = [];
  const constant = (name, dims, value = noise) => {
    const count = dims.reduce((product, dim) => product * dim, 1);
    constants.push({ name, dims, data: Float32Array.from({ length: count }, value) });
    return name;
  };
  const nodes = [];
  const node = (op, inputs, output, attributes = {}) => {
    nodes.push({ op, name: output, inputs, outputs: [output], attributes });
    return output;
  };
  const block = (x, i, from, to) => {
    const conv = node('Conv', [x, constant(`w${i}`, [to, from, 3, 3])], `conv${i}`, { pads: [1, 1, 1, 1] });
    const positive = () => 1 + noise() / 2;
    const moments = [constant(`mean${i}`, [to]), constant(`variance${i}`, [to], positive)];
    const affine = [constant(`scale${i}`, [to], positive), constant(`shift${i}`, [to])];
    const normalized = node('BatchNormalization', [conv, ...affine, ...moments], `norm${i}`);
    return node('Relu', [normalized], `relu${i}`);
  };
  const last = node('GlobalAveragePool', [block(block('x', 1, 2, 6), 2, 6, 8)], 'pool');
  node('Gemm', [node('Flatten', [last], 'flat'), constant('w3', [8, 3]), constant('b3', [3])], 'y');
  const io = { inputs: [{ name: 'x', dims: ['n', 2, 6, 6] }], outputs: [{ name: 'y', dims: ['n', 3] }] };
  return {
    file: onnxFile({ nodes, constants, ...io }),
    samples: Array.from(
      { length: 48 },
      () => new Tensor('float32', Float32Array.from({ length: 72 }, noise), [1, 2, 6, 6]),
    ),
    labels: Array.from({ length: 48 }, (_, i) => i % 3),
  };
}
