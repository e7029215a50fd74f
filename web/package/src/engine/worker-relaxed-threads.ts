// The worker that runs the relaxed build with threads, and each of the threads.
import { serveEngine } from '../worker.js';
import createModule from './engine-relaxed-threads.mjs';

serveEngine(createModule, true);
