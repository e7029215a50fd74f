// TensorFlow.js's backend in JavaScript as a contestant of training; see octavo.mjs. Its WebAssembly backend has no gradient of a
// convolution. Images are NHWC, weights [kernel, kernel, inputs / group, outputs], those of depthwise convolutions
// [kernel, kernel, outputs, 1]. Node takes the bundle that page/build.mjs makes of this file: the package's entry for it has no
// gradients.
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import '@tensorflow/tfjs-backend-cpu';
import { parametersOf, timedLearningRate } from '../../support/training.mjs';

const layerKinds = {
  conv({ weight, bias, stride, pad, group }, x, p) {
    const convolve = group > 1 ? tf.depthwiseConv2d : tf.conv2d;
    return tf.add(convolve(x, p[weight], stride, pad), p[bias]);
  },
  relu: (_, x) => tf.relu(x),
  maxPool: (_, x) => tf.maxPool(x, 2, 2, 'valid'),
  globalAveragePool: (_, x) => tf.mean(x, [1, 2]),
  dense: ({ weight, bias, inputs }, x, p) =>
    tf.add(tf.matMul(tf.reshape(x, [-1, inputs]), p[weight], false, true), p[bias]),
};

/** How weights are moved to its layout and back: dims before, order, and dims after that. */
function layoutOf({ op, map, inputs, outputs, kernel, group }) {
  if (op === 'dense') return { dims: [outputs, ...map], order: [0, 2, 3, 1], own: [outputs, inputs] };
  const order = group > 1 ? [2, 3, 0, 1] : [2, 3, 1, 0];
  const dims = [outputs, inputs / group, kernel, kernel];
  return { dims, order, own: order.map((axis) => dims[axis]) };
}

const inverse = (order) => order.map((_, axis) => order.indexOf(axis));
const toOwn = (data, { dims, order, own }) => tf.reshape(tf.transpose(tf.tensor(data, dims), order), own);
const fromOwn = (tensor, { dims, order }) =>
  tf.transpose(
    tf.reshape(
      tensor,
      order.map((axis) => dims[axis]),
    ),
    inverse(order),
  );

export async function startTfjsTraining() {
  tf.enableProdMode();
  await tf.setBackend('cpu');
  return {
    ...{ runtime: 'tfjs', build: 'cpu', threads: 1 },
    async load({ layers, images, dims, labels, before, learningRate }) {
      const x = tf.tidy(() => tf.transpose(tf.tensor(images, dims), [0, 2, 3, 1]));
      const y = tf.oneHot(tf.tensor1d(labels, 'int32'), layers.at(-1).outputs);
      const layouts = Object.fromEntries(
        layers.filter(({ weight }) => weight).map((layer) => [layer.weight, layoutOf(layer)]),
      );
      const variables = Object.fromEntries(
        parametersOf(layers).map(({ name }) => [
          name,
          tf.variable(
            tf.tidy(() => (layouts[name] ? toOwn(before[name], layouts[name]) : tf.tensor1d(before[name]))),
          ),
        ]),
      );
      const lossOf = () =>
        tf.losses.softmaxCrossEntropy(
          y,
          layers.reduce((h, layer) => layerKinds[layer.op](layer, h, variables), x),
        );
      const take = (rate) =>
        tf.tidy(() => tf.train.sgd(rate).minimize(lossOf, true, Object.values(variables)).dataSync()[0]);
      const read = (name) =>
        tf.tidy(() =>
          (layouts[name] ? fromOwn(variables[name], layouts[name]) : variables[name]).dataSync().slice(),
        );
      return {
        // A step takes seconds.
        samples: 2,
        async run() {
          const loss = take(learningRate);
          return {
            loss,
            weights: Object.fromEntries(Object.keys(variables).map((name) => [name, read(name)])),
          };
        },
        compute: async () => take(timedLearningRate),
        dispose: () => tf.dispose([x, y, variables]),
      };
    },
    dispose: () => tf.disposeVariables(),
  };
}
