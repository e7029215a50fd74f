// npm run accuracy:speller [-- --only REGEX --seeds N --python PROGRAM --no-build]: how well g2p-en spells out words whose weights alone
// were trained with few bits, in blocks, beside the best of quantization after training. Writes the table of docs/accuracy.md.
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { say, step } from '../lib/log.mjs';
import { inRoot } from '../lib/paths.mjs';
import { main } from '../lib/run.mjs';
import { ensurePython, runScript } from './python.mjs';
import { start } from './start.mjs';
import { percent, trainingColumns, writeTable } from './training_table.mjs';

const network = 'g2p';
const folder = (...path) => inRoot('build/accuracy', network, ...path);
const resultsFile = inRoot('build/accuracy/training_speller.json');

const blockSize = 32;
const batchSize = 64;

/** What is trained, row by row. */
const trainings = [
  { bits: 4, steps: 800, learningRate: 0.00012 },
  { bits: 3, steps: 1000, learningRate: 0.0003 },
];
const titleOf = ({ bits, steps }) => `${bits}, ${steps} steps`;

/** Quantization after training, of which the best counts. */
const settings = [{ rounding: 'nearest' }, { rounding: 'gptq' }];

/** The phoneme error rate of both networks. */
async function scoreOf(speller, models) {
  const { scoreSpoken } = await import('./speller.mjs');
  const spec = JSON.parse(await readFile(folder('spec.json'), 'utf8'));
  const { spoken } = await speller.run(models);
  return (await scoreSpoken(folder(), spec, spoken)).score;
}

async function bestUntrained(speller, bits) {
  const rows = [];
  for (const setting of settings) {
    const made = await Promise.all(
      Object.entries(speller.models).map(async ([name, model]) => {
        const calibration = setting.rounding === 'gptq' ? { calibration: speller.calibration[name] } : {};
        return [name, await model.quantizeWeights({ bits, blockSize, ...setting, ...calibration })];
      }),
    );
    rows.push({ score: await scoreOf(speller, Object.fromEntries(made)), setting });
    for (const [, model] of made) model.dispose();
  }
  return rows.toSorted((a, b) => a.score - b.score)[0];
}

/** What the joined network is fed, of each of the words that are picked. */
async function samplesOf({ letters, spoken, begin, end, words }, picked) {
  const { Tensor } = await import('octavo');
  const padded = (numbers, length, by) => Int32Array.from({ length }, (_, place) => numbers[place] ?? by);
  return picked.map((i) => {
    const [word, phonemes] = words[i];
    const said = Float32Array.from({ length: spoken }, (_, place) => Number(place < phonemes.length));
    return {
      letters: new Tensor('int32', padded(word, letters, 0), [1, letters]),
      lengths: new Tensor('int32', [word.length], [1]),
      heard: new Tensor('int32', padded([begin, ...phonemes], spoken, end), [1, spoken]),
      said: new Tensor('float32', said, [1, 1, spoken]),
    };
  });
}

async function train(model, { bits, steps, learningRate }, seed, data, python) {
  const { randomNumbers } = await import(inRoot('web/package/dist/train/batches.js'));
  const random = randomNumbers(seed);
  const picked = Array.from({ length: steps * batchSize }, () => Math.floor(random() * data.words.length));
  const samples = await samplesOf(data, picked);
  const trainer = await model.prepareQat({
    weights: { bits, blockSize },
    activations: 'float',
    scales: 'learned',
  });
  const start = performance.now();
  let loss = 0;
  for await (const done of trainer.fit({
    samples,
    loss: 'distillation',
    batchSize,
    optimizer: { name: 'adam', learningRate, scaleRate: 0.1 },
    schedule: 'cosine',
    clipNorm: 1,
    seed,
  })) {
    loss += done.loss;
    if (done.step % 100 > 0) continue;
    say(`    step ${done.step}: loss ${(loss / 100).toFixed(5)}, ${done.ms.toFixed(0)} ms`);
    loss = 0;
  }
  const seconds = (performance.now() - start) / 1000;
  const small = await trainer.convert();
  const file = folder(`trained-${bits}.onnx`);
  await writeFile(file, await small.toOnnx());
  small.dispose();
  trainer.dispose();
  await runScript(python, 'g2p_training.py', 'split', file, folder(`trained-${bits}`));
  return { seconds };
}

await main(async () => {
  const values = await start('only', 'seeds', 'threads', 'python');
  const python = await ensurePython(values.python);
  if (!existsSync(folder('spec.json')))
    await step('network and data', () => runScript(python, 'prepare.py', network));
  await runScript(python, 'g2p_training.py', 'join');
  const { createEngine, loadModel } = await import('octavo');
  const { openSpeller } = await import('./speller.mjs');
  const engine = await createEngine({ training: true, threads: Number(values.threads) });
  const speller = await openSpeller(folder());
  const model = await loadModel(folder('training.onnx'), { engine });
  const data = JSON.parse(await readFile(folder('training.json'), 'utf8'));
  const before = existsSync(resultsFile) ? JSON.parse(await readFile(resultsFile, 'utf8')) : { rows: {} };
  const results = { rows: { ...before.rows } };
  const float = await scoreOf(speller, speller.models);
  say(`float ${percent(float)}`);
  for (const row of trainings.filter((each) => new RegExp(values.only).test(titleOf(each)))) {
    const untrained = await bestUntrained(speller, row.bits);
    const trained = [];
    for (let seed = 1; seed <= Number(values.seeds); ++seed) {
      const { seconds } = await train(model, row, seed, data, python);
      const files = ['encoder', 'decoder'].map((name) => folder(`trained-${row.bits}`, `${name}.onnx`));
      const [encoder, decoder] = await Promise.all(files.map((file) => loadModel(file)));
      const score = await scoreOf(speller, { encoder, decoder });
      encoder.dispose();
      decoder.dispose();
      trained.push({ score, seconds });
      say(
        `  ${titleOf(row)}, seed ${seed}: ${percent(untrained.score)} -> ${percent(score)}, ${seconds.toFixed(0)} s`,
      );
    }
    results.rows[titleOf(row)] = { float, untrained, trained };
    await writeFile(resultsFile, `${JSON.stringify(results, null, 1)}\n`);
  }
  engine.dispose();
  await writeTable('speller', results.rows, trainingColumns('bits of weights'));
});
