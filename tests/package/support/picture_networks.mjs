// Small picture networks of every usual form of input: a convolution, a pool and a layer of ten classes.
import { onnxFile } from './onnx_model.mjs';
import { randomFrom } from './random.mjs';

/**
 * The file of a network with input `pictures` of these sizes (a name where one is open), channels first or last. `dims`: what the
 * file says of them instead.
 */
export function pictureNetwork({ width, height, channels, layout, type = 'float32', dims }) {
  const { below } = randomFrom(7);
  const floats = (name, dims) => {
    const count = dims.reduce((product, dim) => product * dim, 1);
    return { name, dims, data: Float32Array.from({ length: count }, () => below(2001) / 1000 - 1) };
  };
  const sizes = layout === 'NCHW' ? [channels, height, width] : [height, width, channels];
  const node = (op, inputs, output, attributes) => ({ op, name: op, inputs, outputs: [output], attributes });
  const planes = [
    ...(type === 'float32' ? [] : [node('Cast', ['pictures'], 'floats', { to: 1 })]),
    ...(layout === 'NCHW'
      ? []
      : [node('Transpose', [type === 'float32' ? 'pictures' : 'floats'], 'planes', { perm: [0, 3, 1, 2] })]),
  ];
  const start = planes.at(-1)?.outputs[0] ?? 'pictures';
  return onnxFile({
    nodes: [
      ...planes,
      node('Conv', [start, 'filters'], 'features', { kernel_shape: [3, 3], strides: [2, 2] }),
      node('GlobalAveragePool', ['features'], 'means'),
      node('Flatten', ['means'], 'vector'),
      node('Gemm', ['vector', 'weights'], 'logits'),
    ],
    constants: [floats('filters', [4, channels, 3, 3]), floats('weights', [4, 10])],
    inputs: [{ name: 'pictures', type, dims: dims ?? ['N', ...sizes] }],
    outputs: [{ name: 'logits', dims: ['N', 10] }],
  });
}
