// Threads in Node. Once they compute they do not keep the process from ending.
import { Worker } from 'node:worker_threads';
import type { Thread } from '../threads.js';

export function newThread(): Thread {
  // Not the flags of the process: --input-type, for one, forbids workers of a file. V8's hold for all threads anyway.
  const worker = new Worker(new URL('../node/thread.js', import.meta.url), { execArgv: [] });
  const ready = new Promise<void>((resolve, reject) => {
    worker.once('message', () => resolve());
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('it ended')));
  }).finally(() => worker.unref());
  ready.catch(() => {});
  return {
    begin(start) {
      worker.postMessage(start);
      return ready;
    },
    end: () => void worker.terminate(),
  };
}
