// The worker that runs the relaxed build with threads.
import createModule from './engine-relaxed-threads.mjs';
import { newThread } from './platform/browser_thread.js';
import { serveEngine } from './worker.js';

serveEngine(createModule, new URL('./engine-relaxed-threads.wasm', import.meta.url), newThread);
