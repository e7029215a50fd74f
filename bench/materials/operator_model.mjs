// ONNX files of operators that are given by their nodes, with numbers to feed them.
import { fill, uniform } from '../support/random.mjs';
import { onnxModel, typeOf } from './onnx.mjs';

/** Uniform in ±`most`. */
export function numbers(length, seed, most = 1) {
  const random = uniform(seed);
  return fill(Float32Array, length, () => (random() * 2 - 1) * most);
}

/**
 * Inputs and operands, which are constants, are {name, dims, data}; `expected` is {dims, data} of y, the output. Gives
 * {bytes, feeds, expected, output}.
 */
export function operatorModel({ nodes, inputs, operands, expected }) {
  const feeds = inputs.map(({ name, dims, data }) => [name, { type: typeOf(data), dims, data }]);
  const bytes = onnxModel({
    nodes,
    initializers: operands,
    inputs: feeds.map(([name, { type, dims }]) => ({ name, type, dims })),
    outputs: [{ name: 'y', dims: expected.dims }],
  });
  return { bytes, feeds: Object.fromEntries(feeds), expected: expected.data, output: 'y' };
}
