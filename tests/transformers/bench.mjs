// node --experimental-wasm-relaxed-simd --no-liftoff bench.mjs FOLDER [PATTERN]: transformers.js 4 on Octavo and on onnxruntime-web, one
// thread each, in one process. Both answer, the answers are compared, then they take turns. FOLDER is what tools/fixtures/transformers_*.py
// write with OCTAVO_NETWORKS=real: build/transformers. PATTERN: of "task dtype".
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkSame } from './support/compare.mjs';
import { pipelines } from './support/pipelines.mjs';
import { plain } from './support/plain.mjs';

const [networks, pattern = ''] = process.argv.slice(2);
const rounds = 5;
const { resolve } = createRequire(import.meta.url);
const library = pathToFileURL(resolve('transformers-4')).href.replace(/cjs$/, 'mjs');

/** transformers.js looks for its runtime when it is imported: once more for each, by another address. */
async function libraryOn(name) {
  const made = await import(`${library}?${name}`);
  Object.assign(made.env, { allowRemoteModels: false, localModelPath: networks });
  return made;
}

const { env } = await import('../../web/package/dist/onnxruntime/index.js');
env.octavo = { threads: 1 };
await import('../../web/package/dist/transformers/index.js');
const octavo = await libraryOn('octavo');

const web = await import('onnxruntime-web');
Object.assign(web.env.wasm, {
  wasmPaths: `${pathToFileURL(dirname(resolve('onnxruntime-web')))}/`,
  numThreads: 1,
});
globalThis[Symbol.for('onnxruntime')] = web;
const onnxruntime = await libraryOn('onnxruntime');
const libraries = Object.entries({ octavo, onnxruntime });

const middle = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

/** How far the answers are apart, or where they are two. */
function difference(answers, tolerance) {
  try {
    return checkSame(...answers, tolerance).toExponential(1);
  } catch (error) {
    return error.message.replaceAll('\n', ' ');
  }
}

async function measure({ folder, task, ask, tokens = 0 }, dtype) {
  const pipes = [];
  const answers = [];
  for (const [, each] of libraries) {
    const pipe = await each.pipeline(task, folder, { device: 'auto', dtype });
    answers.push(plain(await ask(pipe, each), each));
    pipes.push(pipe);
  }
  const times = libraries.map(() => []);
  for (let round = 0; round < rounds; ++round) {
    for (const [i, [, each]] of libraries.entries()) {
      const start = performance.now();
      await ask(pipes[i], each);
      times[i].push(performance.now() - start);
    }
  }
  for (const pipe of pipes) await pipe.dispose();
  const ratios = times[0].map((ms, i) => times[1][i] / ms);
  const [mine, theirs] = times.map(middle);
  return {
    task,
    dtype,
    'Octavo, ms': mine.toFixed(1),
    'onnxruntime-web, ms': theirs.toFixed(1),
    'times faster': middle(ratios).toFixed(2),
    spread: `${Math.min(...ratios).toFixed(2)} … ${Math.max(...ratios).toFixed(2)}`,
    'ms a token': tokens ? (mine / tokens).toFixed(1) : '',
    difference: difference(answers, dtype === 'fp32' ? 1e-5 : 1e-2),
  };
}

const rows = [];
const say = (row) => (rows.push(row), console.log(Object.values(row).join('  ')));
for (const pipeline of pipelines.filter(({ expected }) => !expected))
  for (const dtype of pipeline.dtypes.filter((each) => ['fp32', 'q8', 'q4'].includes(each)))
    if (`${pipeline.task} ${dtype}`.match(pattern)) say(await measure(pipeline, dtype));
console.table(rows);
