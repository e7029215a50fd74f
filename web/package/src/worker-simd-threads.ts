// The worker that runs the simd build with threads.
import createModule from './engine-simd-threads.mjs';
import { newThread } from './platform/browser_thread.js';
import { serveEngine } from './worker.js';

serveEngine(createModule, new URL('./engine-simd-threads.wasm', import.meta.url), newThread);
