// The worker that runs the simd build. One small file a build, so that a page downloads the glue of one only.
import createModule from './engine-simd.mjs';
import { serveEngine } from './worker.js';

serveEngine(createModule, new URL('./engine-simd.wasm', import.meta.url));
