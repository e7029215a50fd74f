// Threads in browsers: workers that begin with the script of an engine's worker, whose first message tells what they are.
import type { Thread } from '../threads.js';

export function threadOf(worker: Worker): Thread {
  const ready = new Promise<void>((resolve, reject) => {
    worker.onmessage = () => resolve();
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(event.message || 'its script did not load'));
    };
  });
  // It is asked for when the thread begins, and may have failed before.
  ready.catch(() => {});
  return {
    begin(start) {
      worker.postMessage(start);
      return ready;
    },
    end: () => worker.terminate(),
  };
}
