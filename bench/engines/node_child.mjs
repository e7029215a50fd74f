// One job in this process; see node.mjs.
import { readFile } from 'node:fs/promises';
import { sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { enableRelaxedSimd } from 'octavo/node';
import { runJob } from '../suites/index.mjs';
import { fileOf, folders, inBuild } from '../support/paths.mjs';
import { startPython } from '../support/python.mjs';

const platform = {
  engine: 'node',
  text: (path) => readFile(fileOf(path), 'utf8'),
  bytes: async (path) => new Uint8Array(await readFile(fileOf(path))),
  kernelsModule: async (build) =>
    (await import(pathToFileURL(fileOf(`kernels/${build}/kernels-bench.mjs`)).href)).default(),
  importOrt: () => import('onnxruntime-web'),
  importTfjsTraining: () => import(pathToFileURL(inBuild('node/training/tfjs.cjs')).href),
  folder: (runtime) => folders[`runtimes/${runtime}`] + sep,
  say: (line) => process.send({ line }),
};

process.once('message', async (job) => {
  let answer;
  try {
    enableRelaxedSimd();
    const askPython = job.python && startPython(job.python).ask;
    answer = { rows: await runJob(job, { ...platform, askPython }) };
  } catch (error) {
    answer = { error: error.stack };
  }
  // Runtimes leave workers behind, which would keep the process. Python ends with it.
  process.send(answer, () => process.exit(0));
});
