// What measures: scores, sensitivities, accuracy control and the adviser.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Tensor, advise, compare, createEngine, evaluate, loadModel, sensitivity } from 'octavo';
import { readNpy } from 'octavo/node';
import { digits, modelBytes, modelFile } from './support/networks.mjs';
import { onnxFile } from './support/onnx_model.mjs';

let engine;
before(async () => {
  engine = await createEngine({ build: 'simd', threads: 1 });
});
after(() => engine.dispose());

const pixels = 28 * 28;

async function labelled(from, count) {
  const { data } = await digits('mnist-test-images.npy', from, count);
  const classes = await readNpy(modelFile('mnist-test-labels.npy'));
  const samples = Array.from(
    { length: count },
    (_, i) => new Tensor('float32', data.slice(i * pixels, (i + 1) * pixels), [1, 1, 28, 28]),
  );
  return { samples, labels: Array.from(classes.data.subarray(from, from + count), Number) };
}

/** A linear congruential generator: numbers from -1 to 1. */
function numbers(seed) {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 2 ** 32;
    return state / 2 ** 31 - 1;
  };
}

const width = 32;

/**
 * Products of `layers` square matrices; in front of the bad one is an outlier that leaves nothing of the other channels. One column of
 * the wide one has weights that leave nothing of the other columns.
 */
function chain(layers, { bad, wide } = {}, random = numbers(layers)) {
  const outlier = 10000;
  const constants = Array.from({ length: layers }, (_, i) => ({
    name: `w${i}`,
    dims: [width, width],
    data: Float32Array.from({ length: width * width }, (__, at) =>
      i === bad && at < width
        ? random() / outlier
        : (random() / 2) * (i === wide && at % width === 0 ? 3000 : 1),
    ),
  }));
  const factors = new Float32Array(width).fill(1);
  factors[0] = outlier;
  const nodes = constants.flatMap(({ name }, i) => {
    const from = i === 0 ? 'x' : `y${i - 1}`;
    return [
      ...(i === bad ? [{ op: 'Mul', name: 'outlier', inputs: [from, 'factors'], outputs: ['scaled'] }] : []),
      { op: 'MatMul', name: `product${i}`, inputs: [i === bad ? 'scaled' : from, name], outputs: [`p${i}`] },
      { op: 'Tanh', name: `tanh${i}`, inputs: [`p${i}`], outputs: [`y${i}`] },
    ];
  });
  return onnxFile({
    inputs: [{ name: 'x', dims: [1, width] }],
    outputs: [{ name: `y${layers - 1}` }],
    constants: [
      ...constants,
      ...(bad === undefined ? [] : [{ name: 'factors', dims: [width], data: factors }]),
    ],
    nodes,
  });
}

function inputs(count, seed = 7) {
  const random = numbers(seed);
  return Array.from(
    { length: count },
    () => new Tensor('float32', Float32Array.from({ length: width }, random), [1, width]),
  );
}

test('a score by labels, with Wilson’s interval', async () => {
  const model = await loadModel(await modelBytes('mnist.onnx'), { engine });
  const { samples, labels } = await labelled(0, 50);
  const right = await evaluate(model, samples, { labels });
  assert.equal(right.samples, 50);
  assert.ok(right.score > 0.9);
  // https://en.wikipedia.org/wiki/Binomial_proportion_confidence_interval: 45 of 50 are 0.7864 to 0.9565.
  const wrong = labels.map((label, i) => (i < 5 ? (label + 1) % 10 : label));
  const some = await evaluate(model, samples, { labels: wrong });
  if (some.score === 0.9) {
    assert.ok(Math.abs(some.interval[0] - 0.7864) < 1e-3, String(some.interval));
    assert.ok(Math.abs(some.interval[1] - 0.9565) < 1e-3, String(some.interval));
  }
  assert.equal((await evaluate(model, samples, { labels, topK: 10 })).score, 1);
  const same = await evaluate(model, samples, {
    score: (outputs, sample, i) => {
      assert.equal(sample, samples[i]);
      const { data } = Object.values(outputs)[0];
      return Number(data.indexOf(Math.max(...data)) === labels[i]);
    },
  });
  assert.equal(same.score, right.score);
  const retrieval = await evaluate(model, samples, { labels, task: 'retrieval' });
  assert.ok(retrieval.score > 0.7, String(retrieval.score));
  model.dispose();
});

test('a score of answers that weigh differently is their ratio', async () => {
  const model = await loadModel(chain(2), { engine });
  const samples = inputs(3);
  const scores = [
    { value: 1, weight: 2 },
    { value: 0, weight: 1 },
    { value: 5, weight: 5 },
  ];
  const report = await evaluate(model, samples, { score: (_, __, i) => scores[i] });
  assert.equal(report.score, 6 / 8);
  // Σ (value - score · weight)² = 0.25 + 0.5625 + 1.5625, times 3 / 2, over 8².
  const half = (1.959964 * Math.sqrt((2.375 * 3) / 2)) / 8;
  assert.ok(Math.abs(report.interval[1] - (0.75 + half)) < 1e-6);
  assert.ok(Math.abs(report.interval[0] - (0.75 - half)) < 1e-6);
  for (const [bad, what] of [
    [{}, /'labels' or 'score'/],
    [{ labels: [1] }, /1 labels for 3/],
    [{ labels: [1, 2, 99] }, /99 for sample 2/],
    [{ labels: 'abc' }, /array of classes/],
    [{ labels: [1, 2, 3], score: () => 1 }, /either/],
    [{ labels: [1, 2, 3], topK: 0 }, /topK/],
    [{ labels: [1, 2, 3], task: 'else' }, /task/],
    [{ score: () => NaN }, /no number/],
    [{ score: () => 'a' }, /no number/],
  ])
    await assert.rejects(evaluate(model, samples, bad), { code: 'InvalidOption', message: what });
  await assert.rejects(evaluate(model, [], { labels: [] }), { code: 'InvalidData' });
  model.dispose();
});

test('sensitivity finds the planted layer, in as many runs as there are layers, and two', async () => {
  for (const [layers, bad] of [
    [3, 0],
    [5, 2],
    [6, 5],
  ]) {
    const model = await loadModel(chain(layers, { bad }), { engine });
    const samples = inputs(8);
    let seen = 0;
    const report = await sensitivity(model, {
      calibration: inputs(8, 9),
      samples,
      opTypesToQuantize: ['MatMul'],
      onProgress: ({ phase, loaded }) => (phase === 'compare' ? (seen = loaded) : 0),
    });
    assert.equal(report.layers[0].node, `product${bad}`, JSON.stringify(report.layers, undefined, 1));
    assert.equal(report.layers.length, layers);
    assert.equal(seen, layers + 1);
    assert.ok(report.layers.every(({ savedBytes, op }) => savedBytes > 0 && op === 'MatMul'));
    model.dispose();
  }
});

test('weights, activations and all but a layer, if asked for', async () => {
  const model = await loadModel(chain(4, { bad: 1 }), { engine });
  const report = await sensitivity(model, {
    calibration: inputs(8, 9),
    samples: inputs(4),
    opTypesToQuantize: ['MatMul'],
    apart: true,
    without: true,
  });
  const [worst, ...others] = report.layers;
  assert.equal(worst.node, 'product1');
  assert.ok(worst.without.sqnrDb > report.quantized.sqnrDb + 10);
  for (const layer of others) assert.ok(layer.without.sqnrDb < worst.without.sqnrDb);
  for (const { alone, weights, activations } of report.layers) {
    assert.ok(weights.sqnrDb >= alone.sqnrDb - 3);
    assert.ok(activations.sqnrDb >= alone.sqnrDb - 3);
  }
  model.dispose();
});

test('accuracy control takes the bad layer back to float, and no other', async () => {
  const model = await loadModel(chain(5, { bad: 2 }), { engine });
  const options = {
    calibration: inputs(8, 9),
    samples: inputs(20),
    opTypesToQuantize: ['MatMul'],
    observer: 'minmax',
    metric: 'sqnrDb',
    weightBits: 8,
  };
  const { quantized } = await model.quantizeWithAccuracyControl({ ...options, atLeast: 0 }).then((report) => {
    assert.ok(report.reached);
    assert.deepEqual(report.reverted, []);
    report.model.dispose();
    return report;
  });
  const report = await model.quantizeWithAccuracyControl({ ...options, atLeast: quantized + 5, hardest: 6 });
  assert.ok(report.reached, JSON.stringify(report.steps));
  assert.deepEqual(report.reverted, ['product2']);
  assert.ok(report.value >= report.atLeast);
  const { outputs } = await compare(model, report.model, options.samples, { repeats: 1 });
  assert.ok(Math.abs(outputs[0].sqnrDb - report.value) < 1e-3);
  report.model.dispose();
  // More than there is: the best of all that were tried.
  const best = await model.quantizeWithAccuracyControl({ ...options, metric: 'cosine', atLeast: 1.1 });
  assert.equal(best.reached, false);
  assert.ok(best.value > 0.999);
  assert.equal(best.steps.length, 5);
  best.model.dispose();
  // One scale a weight becomes one a channel first.
  const wide = await loadModel(chain(4, { wide: 1 }), { engine });
  const tensor = await wide.quantizeWithAccuracyControl({ ...options, perChannel: false, atLeast: 30 });
  assert.ok(tensor.quantized < 20 && tensor.reached, JSON.stringify(tensor.steps));
  assert.equal(tensor.perChannel, true);
  assert.deepEqual(tensor.reverted, []);
  tensor.model.dispose();
  wide.dispose();
  for (const bad of [
    { metric: 'accuracy', atLeast: 1 },
    { metric: 'score' },
    { metric: 'cosine' },
    { atLeast: 'a' },
    { atLeast: 1, maxDrop: 1 },
    { atLeast: 1, hardest: 0 },
    { atLeast: 1, maxdrop: 1 },
  ])
    await assert.rejects(model.quantizeWithAccuracyControl({ ...options, metric: undefined, ...bad }), {
      code: 'InvalidOption',
    });
  model.dispose();
});

test('advice on digits is on the front, no slower than float, and what apply gives', async () => {
  const model = await loadModel(await modelBytes('mnist.onnx'), { engine });
  const calibration = (await labelled(100, 24)).samples;
  const { samples, labels } = await labelled(0, 24);
  const phases = new Set();
  const report = await advise(model, {
    calibration,
    samples,
    labels,
    onProgress: ({ phase, loaded, total }) => {
      phases.add(phase);
      assert.ok(loaded <= total);
    },
  });
  assert.equal(report.network, 'convolutional');
  assert.equal(report.methods[0].call, 'none');
  assert.equal(report.methods[0].speedup, 1);
  const chosen = report.methods[report.recommended];
  assert.ok(chosen.onFront || report.recommended === 0);
  assert.ok(chosen.speedup >= 1);
  assert.ok(report.reason.length > 20);
  assert.deepEqual([...phases], ['compare']);
  for (const [i, method] of report.methods.entries()) {
    if (i === 0) continue;
    const made = await report.apply(i);
    const again = await compare(model, made, samples, { repeats: 1 });
    assert.ok(Math.abs(again.outputs[0].sqnrDb - method.agreement.sqnrDb) < 1e-3, method.name);
    assert.equal(again.quantized.bytes, method.bytes);
    assert.ok(
      method.heapBytes > method.bytes && method.heapBytes <= report.methods[0].heapBytes,
      method.name,
    );
    assert.equal((await evaluate(made, samples, { labels })).score, method.score.score);
    made.dispose();
  }
  await assert.rejects(report.apply(99), { code: 'InvalidOption' });
  model.dispose();
});

test('advice that is called off leaves nothing behind', async () => {
  const own = await createEngine({ build: 'simd', threads: 1 });
  const model = await loadModel(await modelBytes('mnist.onnx'), { engine: own });
  const calibration = (await labelled(100, 8)).samples;
  const { samples } = await labelled(0, 8);
  const before = await own.liveObjects();
  for (const after of [1, 3, 6]) {
    const controller = new AbortController();
    const call = advise(model, {
      calibration,
      samples,
      signal: controller.signal,
      onProgress: ({ loaded }) => {
        if (loaded === after) controller.abort(new Error('enough'));
      },
    });
    await assert.rejects(call, /enough/);
    assert.equal(await own.liveObjects(), before);
  }
  for (const [bad, code] of [
    [{}, 'InvalidOption'],
    [{ samples: [] }, 'InvalidData'],
    [{ samples, target: 'else' }, 'InvalidOption'],
    [{ samples, maxDrop: -1 }, 'InvalidOption'],
    [{ samples, what: 1 }, 'InvalidOption'],
    [{ samples, labels: [1] }, 'InvalidOption'],
  ])
    await assert.rejects(advise(model, bad), { code });
  const small = await model.quantizeDynamic();
  const { note, integerNodes, floatNodes } = small.describe().quantization;
  assert.equal(
    note,
    `${floatNodes} of ${integerNodes + floatNodes} nodes stay float: quantizeStatic is for convolutional networks`,
  );
  const whole = await model.quantizeDynamic({ opTypesToQuantize: ['Conv', 'MatMul'] });
  assert.equal(whole.describe().quantization.note, undefined);
  await assert.rejects(advise(small, { samples }), { code: 'Unsupported', message: /quantized already/ });
  own.dispose();
});

test('a quantizer spares what `target` says', async () => {
  const model = await loadModel(await modelBytes('mnist.onnx'), { engine });
  const { samples } = await labelled(0, 8);
  const before = await engine.liveObjects();
  const bytesOf = async (quantized) => (await quantized.toOnnx()).length;
  const scheme = (quantized) => quantized.describe().quantization.scheme;
  const made = [];
  const keep = async (promise) => {
    made.push(await promise);
    return made.at(-1);
  };

  const [usual, small, close] = [
    await keep(model.quantizeDynamic()),
    await keep(model.quantizeDynamic({ target: 'size' })),
    await keep(model.quantizeDynamic({ target: 'accuracy' })),
  ];
  assert.ok((await bytesOf(small)) < (await bytesOf(usual)));
  assert.equal(small.describe().quantization.note, undefined);
  assert.deepEqual(await close.toOnnx(), await usual.toOnnx());

  const asNamed = await keep(model.quantizeStatic({ calibration: samples, observer: 'mse' }));
  const closest = await keep(model.quantizeStatic({ calibration: samples, target: 'accuracy' }));
  assert.deepEqual(await closest.toOnnx(), await asNamed.toOnnx());

  const seen = [];
  const onProgress = ({ phase, loaded, total }) => seen.push([phase, loaded, total]);
  // What is fastest here is up to the machine: but it is a network that runs, and nothing else is left behind.
  for (const fast of [
    await keep(model.quantizeStatic({ calibration: samples, target: 'speed', onProgress })),
    await keep(model.quantizeDynamic({ target: 'speed', sample: samples[0] })),
  ]) {
    assert.ok(['none', 'static', 'dynamic'].includes(scheme(fast)));
    const { outputs } = await compare(model, fast, samples.slice(0, 2), { repeats: 1 });
    assert.ok(outputs[0].cosine > 0.99);
  }
  assert.deepEqual(seen.at(-1), ['calibrate', samples.length, samples.length]);
  for (const each of made) each.dispose();
  assert.equal(await engine.liveObjects(), before);

  for (const bad of [
    { target: 'else' },
    { target: 'speed' },
    { sample: samples[0] },
    { target: 'size', sample: samples[0] },
  ])
    await assert.rejects(model.quantizeDynamic(bad), { code: 'InvalidOption' });
  await assert.rejects(model.quantizeStatic({ calibration: samples, target: 'else' }), {
    code: 'InvalidOption',
  });
  await assert.rejects(model.quantizeStatic({ calibration: [], target: 'speed' }), { code: 'InvalidData' });
  for (const calibration of [5, 'x', { length: 2 }])
    await assert.rejects(model.quantizeStatic({ calibration, target: 'speed' }), { code: 'InvalidOption' });
  model.dispose();
});
