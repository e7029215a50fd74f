// A thread that takes a piece of a loop and then traps. For tests: no kernel does so.
import { parentPort, workerData } from 'node:worker_threads';

const { runThread } = await import(workerData.runThread);

/** ThreadPool::claim_ has a cache line of its own, the second; the pieces that nobody took are in its lower half. */
const claimOffset = 64;

parentPort.once('message', (start) => {
  const { memory } = start;
  WebAssembly.Table.prototype.get = () => (stackTop, pool) => {
    const claims = new BigUint64Array(memory.buffer, pool + claimOffset, 1);
    for (;;) {
      const claim = Atomics.load(claims, 0);
      if ((claim & 0xffff_ffffn) > 0n && Atomics.compareExchange(claims, 0, claim, claim - 1n) === claim)
        throw new WebAssembly.RuntimeError('unreachable');
    }
  };
  runThread(start, () => parentPort.postMessage('ready'));
});
