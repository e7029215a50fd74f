// node --experimental-wasm-relaxed-simd --no-liftoff bench.mjs [FOLDER [PATTERN]]: transformers.js 4 on Octavo and on onnxruntime-web, one thread, in
// one process; both answer, the answers are compared, then they take turns. FOLDER has networks as tests/fixtures/transformers has them; those of
// real sizes come of tools/fixtures/transformers_*.py with OCTAVO_NETWORKS=real.
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { checkSame } from './support/compare.mjs';
import { pipelines } from './support/pipelines.mjs';
import { plain } from './support/plain.mjs';

const networks = fileURLToPath(new URL('../fixtures/transformers', import.meta.url));
const [folder = networks, pattern = ''] = process.argv.slice(2);
const symbol = Symbol.for('onnxruntime');
const library = pathToFileURL(createRequire(import.meta.url).resolve('transformers-4')).href.replace(
  /cjs$/,
  'mjs',
);
const rounds = 7;

const { env } = await import('../../web/package/dist/onnxruntime/index.js');
env.octavo = { threads: 1 };
await import('../../web/package/dist/transformers/index.js');
const octavo = await import(`${library}?octavo`);

const web = await import('onnxruntime-web');
web.env.wasm.wasmPaths = `${pathToFileURL(dirname(createRequire(import.meta.url).resolve('onnxruntime-web')))}/`;
web.env.wasm.numThreads = 1;
globalThis[symbol] = web;
const onnxruntime = await import(`${library}?onnxruntime`);

const runtimes = { octavo, onnxruntime };
for (const each of Object.values(runtimes))
  Object.assign(each.env, { allowRemoteModels: false, localModelPath: folder });

const median = (times) => times.toSorted((a, b) => a - b)[times.length >> 1];
const rows = [];
for (const { folder, task, dtypes, ask, tokens, tolerance } of pipelines) {
  for (const dtype of dtypes.filter((each) => ['fp32', 'q8', 'q4'].includes(each))) {
    if (!`${task} ${dtype}`.match(pattern)) continue;
    try {
      const pipes = {};
      const answers = {};
      for (const [name, each] of Object.entries(runtimes)) {
        pipes[name] = await each.pipeline(task, folder, { device: 'auto', dtype });
        answers[name] = plain(await ask(pipes[name], each), each);
      }
      let same;
      try {
        same = checkSame(answers.octavo, answers.onnxruntime, tolerance ?? 5e-3).toExponential(1);
      } catch (error) {
        same = error.message.slice(0, 60);
      }
      const times = { octavo: [], onnxruntime: [] };
      for (let round = 0; round < rounds; ++round) {
        for (const [name, each] of Object.entries(runtimes)) {
          const start = performance.now();
          await ask(pipes[name], each);
          times[name].push(performance.now() - start);
        }
      }
      const [mine, theirs] = [median(times.octavo), median(times.onnxruntime)];
      const ratios = times.octavo.map((ms, i) => times.onnxruntime[i] / ms).toSorted((a, b) => a - b);
      rows.push({
        task,
        dtype,
        Octavo: mine.toFixed(1),
        'onnxruntime-web': theirs.toFixed(1),
        ratio: (theirs / mine).toFixed(2),
        from: ratios[0].toFixed(2),
        to: ratios.at(-1).toFixed(2),
        'ms a token': tokens ? (mine / tokens).toFixed(2) : '',
        difference: same,
      });
      console.log(JSON.stringify(rows.at(-1)));
      for (const pipe of Object.values(pipes)) await pipe.dispose();
    } catch (error) {
      console.log(task, dtype, String(error).slice(0, 200));
    }
  }
}
console.table(rows);
