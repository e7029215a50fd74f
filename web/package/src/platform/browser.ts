// Browsers: engines in module workers, files by URL. URLs are relative to what it is built into, dist/browser.js, and spelt out
// in full, the form in which bundlers recognise them.
import { fileLocation, type Variant } from '../start.js';
import { glue } from './engine_files.js';
import type { Platform } from './platform.js';
import { browserBasics } from './browser_basics.js';
import { threadOf } from './web_thread.js';
import { explainScript, startChannel, workerOf } from './web_worker.js';

const workers: Record<Variant, () => Worker> = {
  simd: () => new Worker(new URL('./engine/worker-simd.js', import.meta.url), { type: 'module' }),
  relaxed: () => new Worker(new URL('./engine/worker-relaxed.js', import.meta.url), { type: 'module' }),
  'simd-threads': () =>
    new Worker(new URL('./engine/worker-simd-threads.js', import.meta.url), { type: 'module' }),
  'relaxed-threads': () =>
    new Worker(new URL('./engine/worker-relaxed-threads.js', import.meta.url), { type: 'module' }),
  'train-simd': () =>
    new Worker(new URL('./engine/worker-train-simd.js', import.meta.url), { type: 'module' }),
  'train-relaxed': () =>
    new Worker(new URL('./engine/worker-train-relaxed.js', import.meta.url), { type: 'module' }),
  'train-simd-threads': () =>
    new Worker(new URL('./engine/worker-train-simd-threads.js', import.meta.url), { type: 'module' }),
  'train-relaxed-threads': () =>
    new Worker(new URL('./engine/worker-train-relaxed-threads.js', import.meta.url), { type: 'module' }),
};

const wasm: Record<Variant, () => URL> = {
  simd: () => new URL('./engine/engine-simd.wasm', import.meta.url),
  relaxed: () => new URL('./engine/engine-relaxed.wasm', import.meta.url),
  'simd-threads': () => new URL('./engine/engine-simd-threads.wasm', import.meta.url),
  'relaxed-threads': () => new URL('./engine/engine-relaxed-threads.wasm', import.meta.url),
  'train-simd': () => new URL('./engine/engine-train-simd.wasm', import.meta.url),
  'train-relaxed': () => new URL('./engine/engine-train-relaxed.wasm', import.meta.url),
  'train-simd-threads': () => new URL('./engine/engine-train-simd-threads.wasm', import.meta.url),
  'train-relaxed-threads': () => new URL('./engine/engine-train-relaxed-threads.wasm', import.meta.url),
};

/** Where the package lies when nobody has bundled it: a bundler does not recognise this form. */
const here = import.meta.url;

/** Where the script of a worker is; of a bundle, where it is unless the bundler has put it elsewhere. */
function scriptUrl(variant: Variant, workerUrl: URL | undefined): URL | undefined {
  if (workerUrl) return fileLocation(`worker-${variant}.js`, workerUrl);
  return URL.canParse(here) ? new URL(`./engine/worker-${variant}.js`, here) : undefined;
}

function startWorker(variant: Variant, workerUrl: URL | undefined): Worker {
  if (workerUrl) return workerOf(fileLocation(`worker-${variant}.js`, workerUrl));
  try {
    return workers[variant]();
  } catch (error) {
    const unbundled = scriptUrl(variant, undefined);
    if (!unbundled || (error as Error).name !== 'SecurityError') throw error;
    return workerOf(unbundled);
  }
}

export const browserPlatform: Platform = {
  ...browserBasics,
  builds: ['relaxed', 'simd'],
  trains: true,
  noThreads: undefined,
  startWorker: (variant, workerUrl) => startChannel(() => startWorker(variant, workerUrl), variant),
  explainWorker: (variant, workerUrl) => explainScript(scriptUrl(variant, workerUrl)),
  glue: (variant) => glue[variant](),
  // What some bundlers make of it is relative to the page.
  wasmUrl: (variant) => new URL(wasm[variant]().href, browserBasics.baseUrl()),
  newThread: (variant, workerUrl) => threadOf(startWorker(variant, workerUrl)),
};
