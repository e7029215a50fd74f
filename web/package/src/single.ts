// Octavo in one file, with the SIMD engine inside: for a <script type="module"> or a place that takes no other files. Its
// worker is this file once more, where it has a URL of its own.
import createModule from './engine/engine-simd.mjs';
import wasmBytes from './engine/engine-simd.wasm';
import { browserBasics } from './platform/browser_basics.js';
import { usePlatform } from './platform/platform.js';
import { explainScript, startChannel, workerOf } from './platform/web_worker.js';
import { serveEngine } from './worker.js';

const here = import.meta.url;
/** The address by which this file is a worker: somebody else's worker may import it as a page does. */
const asWorker = '#octavo-worker';
const compileInside = () => WebAssembly.compile(wasmBytes);

usePlatform({
  ...browserBasics,
  builds: ['simd'],
  trains: false,
  noThreads: 'the package in one file has one thread',
  startWorker: (variant, workerUrl) =>
    startChannel(() => workerOf(workerUrl ?? new URL(asWorker, here)), variant),
  explainWorker: (_variant, workerUrl) => explainScript(workerUrl ?? new URL(here)),
  newThread: () => {
    throw new Error('there are no threads');
  },
  glue: () => Promise.resolve({ default: createModule }),
  wasmUrl: () => new URL(here),
  compile: (url) => (url.href === here ? compileInside() : browserBasics.compile(url)),
});

if (here.endsWith(asWorker))
  serveEngine(createModule, false, async () => ({ wasm: await compileInside(), url: new URL(here) }));

export * from './api.js';
