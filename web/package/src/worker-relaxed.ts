// The worker that runs the relaxed build. One small file a build, so that a page downloads the glue of one only.
import createModule from './engine-relaxed.mjs';
import { serveEngine } from './worker.js';

serveEngine(createModule, new URL('./engine-relaxed.wasm', import.meta.url));
