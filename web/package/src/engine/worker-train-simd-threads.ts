// The worker that runs the simd build with training and threads, and each of the threads.
import { serveEngine } from '../worker.js';
import createModule from './engine-train-simd-threads.mjs';

serveEngine(createModule, true);
