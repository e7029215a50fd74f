// Browsers: engines in module workers, files by URL.
import { workerChannel } from '../rpc.js';
import { compileFromUrl } from '../start.js';
import type { Variant } from '../start.js';
import { newThread } from './browser_thread.js';
import type { Platform } from './platform.js';

// Spelt out in full, the form in which bundlers recognise a worker.
const workers: Record<Variant, () => Worker> = {
  simd: () => new Worker(new URL('../worker-simd.js', import.meta.url), { type: 'module' }),
  relaxed: () => new Worker(new URL('../worker-relaxed.js', import.meta.url), { type: 'module' }),
  'simd-threads': () => new Worker(new URL('../worker-simd-threads.js', import.meta.url), { type: 'module' }),
  'relaxed-threads': () =>
    new Worker(new URL('../worker-relaxed-threads.js', import.meta.url), { type: 'module' }),
};

export const platform: Platform = {
  workerByDefault: true,
  startWorker: (variant) => workerChannel(workers[variant](), variant),
  newThread,
  cores: () => navigator.hardwareConcurrency || 1,
  compile: compileFromUrl,
  baseUrl: () => new URL(globalThis.document?.baseURI ?? globalThis.location.href),
  openFile: undefined,
};
