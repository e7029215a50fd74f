// npm run accuracy:training [-- --only REGEX --seeds N --python PROGRAM --no-build]: how right a network is that was trained with few
// bits, beside the best of quantization after training. Writes the table of docs/accuracy.md.
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { say, step } from '../lib/log.mjs';
import { inRoot } from '../lib/paths.mjs';
import { main } from '../lib/run.mjs';
import { ensurePython, runScript } from './python.mjs';
import { largest } from './score.mjs';
import { start } from './start.mjs';
import { percent, trainingColumns, writeTable } from './training_table.mjs';

const resultsFile = inRoot('build/accuracy/training.json');

const batchSize = 128;

/**
 * What is trained, row by row: MobileNet, where there is no other network. A row's steps take new samples each. With a temperature the
 * float network is the teacher, and there are no labels.
 */
const trainings = [
  { bits: [8, 8], steps: 100, learningRate: 0.0001 },
  { bits: [4, 4], steps: 100, learningRate: 0.002 },
  { bits: [4, 4], steps: 600, learningRate: 0.002 },
  { bits: [4, 4], steps: 600, learningRate: 0.004, temperature: 2 },
  { bits: [3, 3], steps: 1000, learningRate: 0.004 },
  { bits: [2, 4], steps: 1000, learningRate: 0.004 },
  { network: 'fashion-plain', bits: [3, 3], steps: 100, learningRate: 0.002 },
  { network: 'fashion-plain', bits: [2, 4], steps: 100, learningRate: 0.002 },
];

const networkOf = ({ network = 'fashion-mobilenet' }) => network;

const titleOf = ({ network, bits: [weights, activations], steps, temperature }) =>
  `${network ? 'plain, ' : ''}${weights}/${activations}, ${steps} steps${temperature ? ', distilled' : ''}`;

/** Quantization after training, of which the best counts. */
const settings = [
  {},
  { observer: 'mse' },
  { observer: 'minmax' },
  { observer: 'mse', rounding: 'nearest' },
  { observer: 'histogram', rounding: 'nearest' },
];

async function readData(folder) {
  const { readNpy } = await import('octavo/node');
  const { samplesOf } = await import('./octavo_tool.mjs');
  const read = async (name) => {
    const images = await readNpy(join(folder, `${name}.images.npy`));
    return (from, to) => samplesOf(images, from, to);
  };
  const labels = async (file) => Array.from((await readNpy(join(folder, file))).data, Number);
  return {
    calibration: await read('calibration'),
    test: await read('test'),
    testLabels: await labels('labels.npy'),
    training: await read('training'),
    trainingLabels: await labels('training.labels.npy'),
  };
}

async function scoreOf(model, { test, testLabels }) {
  let right = 0;
  for (let from = 0; from < testLabels.length; from += 250) {
    const { data, dims } = Object.values(await model.run(test(from, from + 250)))[0];
    for (let row = 0; row < dims[0]; ++row) {
      if (largest(data, row * dims[1], (row + 1) * dims[1]) === testLabels[from + row]) ++right;
    }
  }
  return right / testLabels.length;
}

/** The best that is made without training: {score, setting}. */
async function bestUntrained({ model, calibration, data }, [weightBits, activationBits]) {
  const rows = [];
  for (const setting of settings) {
    const small = await model.quantizeStatic({ calibration, weightBits, activationBits, ...setting });
    rows.push({ score: await scoreOf(small, data), setting });
    small.dispose();
  }
  return rows.toSorted((a, b) => b.score - a.score)[0];
}

async function train({ model, calibration, data }, row, seed) {
  const { bits, steps, learningRate, temperature } = row;
  const { randomNumbers } = await import(inRoot('web/package/dist/train/batches.js'));
  const random = randomNumbers(seed);
  const picked = Array.from({ length: steps * batchSize }, () =>
    Math.floor(random() * data.trainingLabels.length),
  );
  const trainer = await model.prepareQat({
    weights: { bits: bits[0] },
    activations: { bits: bits[1] },
    calibration,
    scales: 'learned',
  });
  const start = performance.now();
  let loss;
  for await (const done of trainer.fit({
    samples: picked.map((i) => data.training(i, i + 1)),
    ...(temperature
      ? { loss: { name: 'distillation', temperature } }
      : { labels: picked.map((i) => data.trainingLabels[i]) }),
    batchSize,
    optimizer: { name: 'adam', learningRate, scaleRate: 1 },
    schedule: 'cosine',
    seed,
  }))
    ({ loss } = done);
  const seconds = (performance.now() - start) / 1000;
  const small = await trainer.convert();
  const score = await scoreOf(small, data);
  small.dispose();
  trainer.dispose();
  return { score, seconds, loss };
}

/** A network of networks.py, made where it is not there: { model, calibration, data, float }, float's score. */
async function openNetwork(name, engine, given) {
  const folder = inRoot('build/accuracy', name);
  if (!existsSync(join(folder, 'training.images.npy'))) {
    const python = await ensurePython(given);
    await step('network and data', () => runScript(python, 'prepare.py', name));
  }
  const { loadModel } = await import('octavo');
  const data = await readData(folder);
  const model = await loadModel(join(folder, 'float.onnx'), { engine });
  const calibration = Array.from({ length: 8 }, (_, i) => data.calibration(32 * i, 32 * (i + 1)));
  return { model, calibration, data, float: await scoreOf(model, data) };
}

/** A row of the table. */
async function measure(network, row, seeds) {
  const untrained = await bestUntrained(network, row.bits);
  const trained = [];
  for (let seed = 1; seed <= seeds; ++seed) {
    trained.push(await train(network, row, seed));
    const { score, seconds } = trained.at(-1);
    say(
      `  ${titleOf(row)}, seed ${seed}: ${percent(untrained.score)} -> ${percent(score)}, ${seconds.toFixed(1)} s`,
    );
  }
  return { float: network.float, untrained, trained };
}

await main(async () => {
  const values = await start('only', 'seeds', 'threads', 'python');
  const rows = trainings.filter((each) => new RegExp(values.only).test(titleOf(each)));
  const { createEngine } = await import('octavo');
  const engine = await createEngine({ training: true, threads: Number(values.threads) });
  const before = existsSync(resultsFile) ? JSON.parse(await readFile(resultsFile, 'utf8')) : { rows: {} };
  const results = { rows: { ...before.rows } };
  for (const name of new Set(rows.map(networkOf))) {
    const network = await openNetwork(name, engine, values.python);
    say(`${name}: float ${percent(network.float)}`);
    for (const row of rows.filter((each) => networkOf(each) === name)) {
      results.rows[titleOf(row)] = await measure(network, row, Number(values.seeds));
      await writeFile(resultsFile, `${JSON.stringify(results, null, 1)}\n`);
    }
    network.model.dispose();
  }
  engine.dispose();
  await writeTable('training', results.rows, trainingColumns('bits of weights / activations'));
});
