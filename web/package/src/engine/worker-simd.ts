// The worker that runs the simd build. One file a build, so that a page downloads the glue of one only.
import { serveEngine } from '../worker.js';
import createModule from './engine-simd.mjs';

serveEngine(createModule, false);
