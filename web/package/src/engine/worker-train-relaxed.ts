// The worker that runs the relaxed build with training. One file a build, so that a page downloads the glue of one only.
import { serveEngine } from '../worker.js';
import createModule from './engine-train-relaxed.mjs';

serveEngine(createModule, false);
