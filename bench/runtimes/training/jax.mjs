// jax-js's WebAssembly backend as a contestant of training; see octavo.mjs. Arrays are consumed by what they are given to, but for
// those that `ref` is asked of.
import { parametersOf, timedLearningRate } from '../../support/training.mjs';

/** Layers by op: (jax, layer, input, parameters) to output. */
const layerKinds = {
  conv({ lax }, { weight, bias, stride, pad, group }, x, p) {
    const padding = [pad, pad].map((each) => [each, each]);
    const y = lax.convGeneralDilated(x, p[weight].ref, [stride, stride], padding, {
      featureGroupCount: group,
    });
    return y.add(p[bias].ref.reshape([1, -1, 1, 1]));
  },
  relu: ({ nn }, _, x) => nn.relu(x),
  /** Of its ways, this has the fastest gradient: reduceWindow takes twice as long. */
  maxPool({ numpy }, _, x) {
    const [batch, channels, height, width] = x.shape;
    const halves = (y, axis) => numpy.maximum(...numpy.split(y, 2, axis));
    const windows = x.reshape([batch, channels, height / 2, 2, width / 2, 2]);
    return halves(halves(windows, 5), 3).reshape([batch, channels, height / 2, width / 2]);
  },
  globalAveragePool: ({ numpy }, _, x) => numpy.mean(x, [2, 3]),
  dense: ({ numpy }, { weight, bias, inputs }, x, p) =>
    numpy.matmul(x.reshape([-1, inputs]), p[weight].ref.transpose()).add(p[bias].ref),
};

/** A function of parameters, images, distributions and learning rate: [loss, parameters after the step]. */
function makeStep(jax, layers, batch) {
  const lossOf = (p, x, y) => {
    const logits = layers.reduce((h, layer) => layerKinds[layer.op](jax, layer, h, p), x);
    for (const array of Object.values(p)) array.dispose();
    return jax.nn
      .logSoftmax(logits)
      .mul(y)
      .sum()
      .mul(-1 / batch);
  };
  return jax.jit((p, x, y, rate) => {
    const [loss, gradients] = jax.valueAndGrad(lossOf)(jax.tree.ref(p), x, y);
    const after = Object.entries(p).map(([name, w]) => [name, w.sub(gradients[name].mul(rate.ref))]);
    rate.dispose();
    return [loss, Object.fromEntries(after)];
  });
}

export async function startJax() {
  // It looks for WebGPU there, which Node 20 has not.
  globalThis.navigator ??= {};
  const jax = await import('@jax-js/jax');
  await jax.init('wasm');
  jax.defaultDevice('wasm');
  const { numpy } = jax;
  const arrayOf = (data, dims) => numpy.array(Float32Array.from(data)).reshape(dims);
  return {
    ...{ runtime: 'jax-js', build: null, threads: 1 },
    async load({ layers, images, dims, labels, before, learningRate }) {
      const [batch] = dims;
      const step = makeStep(jax, layers, batch);
      const classes = layers.at(-1).outputs;
      const distributions = labels.flatMap((label) =>
        Array.from({ length: classes }, (_, i) => Number(i === label)),
      );
      // The batch stays in its memory: Octavo and others copy theirs in anew at each step.
      const x = arrayOf(images, dims);
      const y = arrayOf(distributions, [batch, classes]);
      let parameters = Object.fromEntries(
        parametersOf(layers).map((each) => [each.name, arrayOf(before[each.name], each.dims)]),
      );
      const take = async (rate) => {
        const [loss, after] = step(parameters, x.ref, y.ref, numpy.array(rate));
        parameters = after;
        await jax.blockUntilReady(parameters);
        return (await loss.data())[0];
      };
      return {
        async run() {
          const loss = await take(learningRate);
          const weights = {};
          for (const [name, array] of Object.entries(parameters)) weights[name] = await array.ref.data();
          return { loss, weights };
        },
        compute: () => take(timedLearningRate),
        dispose: () => [x, y, ...Object.values(parameters)].forEach((array) => array.dispose()),
      };
    },
    dispose: () => {},
  };
}
