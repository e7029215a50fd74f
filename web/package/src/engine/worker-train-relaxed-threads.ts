// The worker that runs the relaxed build with training and threads, and each of the threads.
import { serveEngine } from '../worker.js';
import createModule from './engine-train-relaxed-threads.mjs';

serveEngine(createModule, true);
