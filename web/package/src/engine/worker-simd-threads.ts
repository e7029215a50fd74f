// The worker that runs the simd build with threads, and each of the threads.
import { serveEngine } from '../worker.js';
import createModule from './engine-simd-threads.mjs';

serveEngine(createModule, true);
