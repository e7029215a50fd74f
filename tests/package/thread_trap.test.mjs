// A thread that traps in the middle of a loop: the call ends with an error, as nobody would ever finish that piece.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { loadModel } from 'octavo';
import { hostedEngine } from './support/hosted.mjs';
import { modelBytes, networks } from './support/networks.mjs';
import { inner, packageRoot } from './support/package.mjs';

const { Team } = await inner('threads.js');

function trappingThread() {
  const workerData = { runThread: new URL('dist/run_thread.js', packageRoot).href };
  const worker = new Worker(new URL('support/trapping_thread.mjs', import.meta.url), { workerData });
  const ready = once(worker, 'message').then(() => worker.unref());
  const trapped = new Promise((resolve) => worker.once('error', resolve));
  return {
    // Whoever waits for it keeps the process: the thread itself does not.
    get trapped() {
      worker.ref();
      return trapped;
    },
    begin: (start) => (worker.postMessage(start), ready),
    end: () => void worker.terminate(),
  };
}

// The engine cannot be interrupted while it waits: were it to wait for ever, so would this process.
test('a thread that traps ends the call that waits for it', { timeout: 60_000 }, async () => {
  const threads = [];
  const team = new Team(2, () => (threads.push(trappingThread()), threads.at(-1)));
  const { engine } = await hostedEngine('relaxed-threads', { team });
  assert.equal(engine.info.threads, 2);
  const model = await loadModel(await modelBytes('efficientnet-lite0.onnx'), { engine });
  const [input] = await networks[0].samples();
  // The thread may be late for some loops of the first run.
  const runs = async () => {
    for (let i = 0; i < 20; ++i) await model.run(input);
  };
  await assert.rejects(runs(), { code: 'Internal', message: /the engine crashed/ });
  assert.match(String(await threads[0].trapped), /unreachable/);
  await assert.rejects(model.run(input), { code: 'Disposed', message: /crashed before/ });
  model.dispose();
  engine.dispose();
  const { engine: next } = await hostedEngine('simd');
  (await loadModel(await modelBytes('mnist.onnx'), { engine: next })).dispose();
  next.dispose();
});
