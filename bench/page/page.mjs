// A page that does one job of the benchmark when it is told to.
import { runJob } from '../suites/index.mjs';

async function get(path) {
  const response = await fetch(`/${path}`);
  if (!response.ok) throw new Error(`${path}: HTTP status ${response.status}`);
  return response;
}

const platform = {
  text: async (path) => (await get(path)).text(),
  bytes: async (path) => new Uint8Array(await (await get(path)).arrayBuffer()),
  kernelsModule: async (build) =>
    (await import(/* @vite-ignore */ `/kernels/${build}/kernels-bench.mjs`)).default(),
  importOrt: () => import('onnxruntime-web/wasm'),
  importTfjsTraining: () => import('../runtimes/training/tfjs.mjs'),
  folder: (runtime) => `${location.origin}/runtimes/${runtime}/`,
  say: (line) => globalThis.say?.(line),
};

// Python is outside of the page, if there is one.
globalThis.runJob = (job, engine) =>
  runJob(job, { ...platform, engine, askPython: job.python && globalThis.askPython });
