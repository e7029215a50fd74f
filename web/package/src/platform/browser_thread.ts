// Threads in browsers. A module of its own, since engines' workers import it as well.
import type { Thread } from '../threads.js';

export function newThread(): Thread {
  const worker = new Worker(new URL('../thread.js', import.meta.url), { type: 'module' });
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
