// Browsers: engines in module workers, files by URL.
import { workerChannel } from '../rpc.js';
import { compileFromUrl } from '../start.js';
import type { Platform } from './platform.js';

export const platform: Platform = {
  workerByDefault: true,
  // Spelt out in full for each build, the form in which bundlers recognise a worker.
  startWorker: (build) =>
    build === 'relaxed'
      ? workerChannel(new Worker(new URL('../worker-relaxed.js', import.meta.url), { type: 'module' }), build)
      : workerChannel(new Worker(new URL('../worker-simd.js', import.meta.url), { type: 'module' }), build),
  compile: compileFromUrl,
  baseUrl: () => new URL(globalThis.document?.baseURI ?? globalThis.location.href),
  openFile: undefined,
};
