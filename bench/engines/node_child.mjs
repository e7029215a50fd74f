// One job in this process; see node.mjs.
import { readFile } from 'node:fs/promises';
import { sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { enableRelaxedSimd } from 'octavo/node';
import { runJob } from '../suites/index.mjs';
import { fileOf, folders } from '../support/paths.mjs';

const platform = {
  engine: 'node',
  text: (path) => readFile(fileOf(path), 'utf8'),
  bytes: async (path) => new Uint8Array(await readFile(fileOf(path))),
  kernelsModule: async (build) =>
    (await import(pathToFileURL(fileOf(`kernels/${build}/kernels-bench.mjs`)).href)).default(),
  importOrt: () => import('onnxruntime-web'),
  folder: (runtime) => folders[`runtimes/${runtime}`] + sep,
  say: (line) => process.send({ line }),
};

process.once('message', async (job) => {
  let answer;
  try {
    enableRelaxedSimd();
    answer = { rows: await runJob(job, platform) };
  } catch (error) {
    answer = { error: error.stack };
  }
  // Runtimes leave workers behind, which would keep the process.
  process.send(answer, () => process.exit(0));
});
