// The worker of a thread in Node.
import { parentPort } from 'node:worker_threads';
import { runThread } from '../run_thread.js';
import type { ThreadStart } from '../threads.js';

parentPort?.once('messageerror', (error) => {
  throw error;
});
parentPort?.once('message', (start: ThreadStart) => runThread(start, () => parentPort?.postMessage('ready')));
