// The networks that are trained, and when a step of theirs is right. `id` is the folder of the material.
import { cosine, floatsAgree } from './agree.mjs';

const conv = (index, inputs, outputs, { kernel = 3, stride = 1, group = 1 } = {}) => ({
  ...{ op: 'conv', weight: `${index}.weight`, bias: `${index}.bias` },
  ...{ inputs, outputs, kernel, stride, group, pad: (kernel - 1) / 2 },
});
const depthwise = (index, channels, stride = 1) =>
  conv(index, channels, channels, { group: channels, stride });
const pointwise = (index, inputs, outputs) => conv(index, inputs, outputs, { kernel: 1 });
/** `map` is the shape, channels first, of what is flattened before. */
const dense = (index, map, outputs) => ({
  ...{ op: 'dense', weight: `${index}.weight`, bias: `${index}.bias` },
  ...{ map, inputs: map.reduce((product, dim) => product * dim, 1), outputs },
});
const relu = { op: 'relu' };

/**
 * Layers are what all contestants make a network of: `conv` (NCHW, weights [outputs, inputs / group, kernel, kernel]), `relu`,
 * `maxPool` (2×2, stride 2), `globalAveragePool`, `dense` (weights [outputs, inputs]). `file` is the model in models/ that has
 * the weights; without, they are random.
 */
export const trainedNetworks = [
  {
    id: 'train-two-convolutions',
    name: 'MNIST, two convolutions, 64 images',
    layers: [
      ...[conv(0, 1, 8), relu, { op: 'maxPool' }],
      ...[conv(3, 8, 16), relu, { op: 'maxPool' }],
      dense(7, [16, 7, 7], 10),
    ],
    learningRate: 0.1,
  },
  {
    id: 'train-mobilenet-like',
    name: 'MobileNet-like, digits, 64 images',
    file: 'digits.onnx',
    layers: [
      ...[conv(0, 1, 16, { stride: 2 }), relu, depthwise(2, 16), relu, pointwise(4, 16, 32), relu],
      ...[depthwise(6, 32, 2), relu, pointwise(8, 32, 64), relu, depthwise(10, 64), relu],
      ...[pointwise(12, 64, 64), relu, { op: 'globalAveragePool' }, dense(16, [64, 1, 1], 10)],
    ],
    learningRate: 0.01,
  },
];

/** Images of a batch, [64, 1, 28, 28]. */
export const batchDims = [64, 1, 28, 28];

/** Of the steps that are timed: so small that hundreds of them change nothing that takes time. */
export const timedLearningRate = 1e-5;

/** Names of rows: `step` in float, `qat` with 8 bits and observed ranges, `learned` scales, `inference` of the batch. */
export const trainingRows = {
  step: 'float step',
  qat: 'QAT step',
  learned: 'QAT step, learned scales',
  inference: 'inference',
};

/** {name, dims} of what the layers learn, in their order. */
export const parametersOf = (layers) =>
  layers
    .filter(({ weight }) => weight)
    .flatMap(({ op, weight, bias, inputs, outputs, kernel, group }) => [
      {
        name: weight,
        dims: op === 'conv' ? [outputs, inputs / group, kernel, kernel] : [outputs, inputs],
      },
      { name: bias, dims: [outputs] },
    ]);

/** Arrays by the names of parameters out of one that has them all in their order. */
export function splitParameters(layers, all) {
  let offset = 0;
  const entries = parametersOf(layers).map(({ name, dims }) => {
    const length = dims.reduce((product, dim) => product * dim, 1);
    offset += length;
    return [name, all.subarray(offset - length, offset)];
  });
  if (offset !== all.length) throw new Error(`there are ${all.length} numbers for ${offset} parameters`);
  return Object.fromEntries(entries);
}

export const joinParameters = (layers, weights) =>
  Float32Array.from(parametersOf(layers).flatMap(({ name }) => Array.from(weights[name])));

function lossAgrees(expected, actual, tolerance) {
  if (!(Math.abs(actual - expected) <= tolerance * Math.abs(expected)))
    return `the loss is ${actual}, not ${expected}`;
  return undefined;
}

/**
 * What is wrong with one step of gradient descent, in words, or nothing. `actual` and `expected` are {loss, weights}, the loss
 * before and the weights, by name, after it.
 */
export function stepAgrees(expected, actual) {
  const wrongLoss = lossAgrees(expected.loss, actual.loss, 1e-3);
  if (wrongLoss) return wrongLoss;
  for (const [name, weights] of Object.entries(expected.weights)) {
    if (!actual.weights[name]) return `there is no ${name}`;
    const complaint = floatsAgree(weights, actual.weights[name], 1e-4);
    if (complaint) return `${name} after the step: ${complaint}`;
  }
  return undefined;
}

/** The parameters that a contestant could leave as they were, `before`, without a complaint: there are to be none. */
export const unnoticed = (expected, before) =>
  Object.keys(before).filter(
    (name) => !stepAgrees(expected, { ...expected, weights: { ...expected.weights, [name]: before[name] } }),
  );

const changes = (before, after) =>
  Object.entries(before).flatMap(([name, weights]) => Array.from(weights, (w, i) => after[name]?.[i] - w));

/**
 * The same of a step whose forward pass is rounded to 8 bits: its loss is near the float one's, and all weights together change
 * in nearly the same direction. `before` are the weights, by name, before it.
 */
export function roundedStepAgrees(expected, before, actual) {
  const wrongLoss = lossAgrees(expected.loss, actual.loss, 0.05);
  if (wrongLoss) return wrongLoss;
  const angle = cosine(changes(before, expected.weights), changes(before, actual.weights));
  if (!(angle >= 0.95)) return `the step has a cosine of ${angle.toFixed(4)} to the float one, below 0.95`;
  return undefined;
}
