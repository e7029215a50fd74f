// npm run accuracy:rounding [-- --only REGEX --python PROGRAM --no-build]: how near to float static quantization comes with each way to
// round weights of few bits. Writes the table of docs/accuracy.md.
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { say, step } from '../lib/log.mjs';
import { inRoot } from '../lib/paths.mjs';
import { main } from '../lib/run.mjs';
import { ensurePython, runScript } from './python.mjs';
import { score } from './score.mjs';
import { start } from './start.mjs';
import { percent, writeTable } from './training_table.mjs';

const resultsFile = inRoot('build/accuracy/rounding.json');
const roundings = ['nearest', 'gptq', 'adaround'];

/** What is quantized, row by row, at 8 bits of activations. */
const rows = ['efficientnet-lite0', 'fashion-mobilenet', 'fashion-plain'].flatMap((network) =>
  [3, 4, 8].map((weightBits) => ({ network, weightBits })),
);
const titleOf = ({ network, weightBits }) => `${network}, ${weightBits} bits`;

/** A network of networks.py, made where it is not there, with its data and what float makes of it. */
async function open(name, given) {
  const { loadModel } = await import('octavo');
  const { readNpy } = await import('octavo/node');
  const { readFeeds } = await import('./octavo_tool.mjs');
  const folder = inRoot('build/accuracy', name);
  const file = (name) => join(folder, name);
  if (!existsSync(file('spec.json'))) {
    const python = await ensurePython(given);
    await step('network and data', () => runScript(python, 'prepare.py', name));
  }
  const spec = JSON.parse(await readFile(file('spec.json'), 'utf8'));
  const network = {
    output: spec.output,
    model: await loadModel(file('float.onnx')),
    calibration: await readFeeds(folder, 'calibration', spec.inputs, spec.calibrationBatch),
    test: await readFeeds(folder, 'test', spec.inputs, spec.testBatch),
    labels: existsSync(file('labels.npy')) ? (await readNpy(file('labels.npy'))).data : undefined,
  };
  return { ...network, reference: await run(network.model, network) };
}

/** Outputs of all test data beside what float makes of it. */
function compared({ outputs, count }, { reference, labels }) {
  return score({ outputs, reference: reference.outputs, count, labels });
}

/** Outputs of all test data, and how many samples they are of. */
async function run(model, { test, output }) {
  const [outputs, counts] = [[], []];
  for (const feeds of test) {
    const { data, dims } = (await model.run(feeds))[output];
    outputs.push(...data);
    counts.push(dims[0]);
  }
  return { outputs: Float32Array.from(outputs), count: counts.reduce((sum, count) => sum + count, 0) };
}

async function measure(network, { weightBits }, rounding) {
  const { model, calibration } = network;
  const start = performance.now();
  const small = await model.quantizeStatic({ calibration, weightBits, rounding });
  const seconds = (performance.now() - start) / 1000;
  const made = compared(await run(small, network), network);
  small.dispose();
  return { ...made, seconds };
}

const shareOf = ({ score: right }) => (right === undefined ? '' : percent(right));
const told = (made) => [`${made.sqnrDb.toFixed(1)} dB`, shareOf(made)].filter(Boolean).join(', ');

await main(async () => {
  const values = await start('only', 'python');
  const results = existsSync(resultsFile) ? JSON.parse(await readFile(resultsFile, 'utf8')) : {};
  const asked = rows.filter((row) => new RegExp(values.only).test(titleOf(row)));
  for (const name of new Set(asked.map(({ network }) => network))) {
    const network = await open(name, values.python);
    for (const row of asked.filter((each) => each.network === name)) {
      const title = titleOf(row);
      results[title] = { float: compared(network.reference, network) };
      for (const rounding of roundings) {
        const made = await measure(network, row, rounding);
        results[title][rounding] = made;
        say(`${title}, ${rounding}: ${told(made)}, ${made.seconds.toFixed(1)} s`);
      }
      await writeFile(resultsFile, `${JSON.stringify(results, null, 1)}\n`);
    }
    network.model.dispose();
  }
  await writeTable('rounding', results, [
    ['network', ({ title }) => title],
    ['float', ({ float }) => shareOf(float), 'right'],
    ...roundings.map((rounding) => [rounding, (row) => told(row[rounding]), 'right']),
    ['adaround takes', ({ adaround }) => `${adaround.seconds.toFixed(0)} s`, 'right'],
  ]);
});
